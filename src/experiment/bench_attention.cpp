// Attention alone as a thing to be timed: what stands between queries, keys, values and what is mixed of them.
#include "attention/stack.h"
#include "base/error.h"
#include "experiment/bench_measure.h"
#include "model/head_groups.h"
#include "ops/precision.h"
#include "train/interrupt.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <chrono>

namespace lx {
namespace {

class AttentionMeasure final : public Measure {
 public:
  AttentionMeasure(const RunConfig& config, std::shared_ptr<Model> model, bool training)
      : model_(std::move(model)), training_(training) {
    const std::vector<PlacedGroups> all = model_->head_groups();
    require(!all.empty(), "--part attention: this model has no attention");
    groups_ = all.front().groups;
    const HeadGroup& last = groups_->list().back();
    const Shape& shape = last.stack.shape();
    const int64_t heads = last.first_head + shape.heads, key_heads = last.first_key_head + shape.key_heads;
    const int64_t batch = config.train.batch, length = config.length;
    given_.visible.order = all.front().sees;
    const auto options = at::TensorOptions().device(device_of(*model_));
    const at::NoGradGuard off;
    const Tensor made = at::randn({batch, length, heads + 2 * key_heads, shape.head_dim}, options).to(working_type());
    const auto parts = made.split_with_sizes({heads, key_heads, key_heads}, 2);
    for (int i = 0; i < 3; ++i) qkv_[i] = parts[static_cast<size_t>(i)].transpose(1, 2).detach();
    hidden_ = at::randn({batch, length, shape.width}, options);
    if (training_) gradient_ = at::randn({batch, heads, length, shape.head_dim}, options).to(working_type());
    describe(batch, length, shape.head_dim);
  }

  std::vector<double> calls(double seconds) override {
    std::vector<double> all;
    for (double spent = 0; all.empty() || spent < seconds; spent += all.back()) {
      all.push_back(call());
      if (const int signal = interrupt_signal(); signal != 0) throw Stopped{signal};
    }
    return all;
  }

  BenchRow row() const override { return row_; }

 private:
  std::shared_ptr<Model> model_;  // owns the groups
  bool training_;
  const HeadGroups* groups_ = nullptr;
  Given given_;
  std::array<Tensor, 3> qkv_;  // [B,H,T,D], [B,Hk,T,D] twice
  Tensor hidden_, gradient_;   // [B,T,C], [B,H,T,D]
  BenchRow row_;

  void describe(int64_t batch, int64_t length, int64_t value_dim) {
    Call call;
    call.batch = batch;
    call.queries = length;
    call.visible = given_.visible;
    call.training = training_;
    Work work;
    add_attention(work, *groups_, value_dim, call);
    row_.part = training_ ? "attention_train" : "attention";
    row_.length = length;
    row_.batch = batch;
    row_.tokens = static_cast<double>(batch * length);
    row_.operations = static_cast<double>(work.attention) * (training_ ? 3 : 1);
  }

  double call() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    const at::AutoGradMode grad(training_);
    std::array<Tensor, 3> leaves = qkv_;
    if (training_)
      for (Tensor& leaf : leaves) leaf = leaf.detach().requires_grad_(true);
    Tensor mixed = groups_->attend(leaves[0], leaves[1], leaves[2], hidden_, given_, training_, nullptr);
    if (training_) mixed.backward(gradient_.to(mixed.scalar_type()));
    (void)(training_ ? leaves[0].grad() : mixed).select(0, 0).select(0, 0).select(0, 0).select(0, 0).item<float>();
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
};

}  // namespace

std::unique_ptr<Measure> measure_attention(const RunConfig& config, std::shared_ptr<Model> model, bool training) {
  return std::make_unique<AttentionMeasure>(config, std::move(model), training);
}

}  // namespace lx
