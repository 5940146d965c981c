#include "model/block.h"

#include "model/stretches.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace lx {

FeedForward::FeedForward(const FeedForwardConfig& config, int64_t width, double dropout_rate, const Initialiser& init)
    : activation_(config.activation), dropout_(dropout_rate) {
  const int64_t inner =
      config.inner > 0 ? config.inner : static_cast<int64_t>(std::llround(config.ratio * static_cast<double>(width)));
  const int64_t maps = activation_ == Activation::swiglu ? 2 : 1;
  inner_ = register_module(
      "inner", std::make_shared<Linear>(init.matrix("inner", maps * inner, width, false), config.bias.has("inner")));
  output_ = register_module(
      "output", std::make_shared<Linear>(init.matrix("output", width, inner, true), config.bias.has("output")));
}

Tensor FeedForward::forward(const Tensor& x) const {
  if (by_stretches(x)) {
    const Tensor rows = x.reshape({-1, x.size(-1)});
    return in_stretches(rows.size(0), [&](int64_t from, int64_t count) { return forward(rows.narrow(0, from, count)); })
        .view(x.sizes());
  }
  Tensor h = inner_->forward(x);
  switch (activation_) {
    case Activation::gelu:
      h = at::gelu(h);
      break;
    case Activation::relu2:
      h = at::relu(h).square();
      break;
    case Activation::swiglu: {
      const auto halves = h.chunk(2, -1);
      h = at::silu(halves[0]) * halves[1];
      break;
    }
  }
  return drop(output_->forward(h), dropout_, is_training());
}

Block::Block(const NormConfig& norm, int64_t width, int64_t blocks, std::shared_ptr<Mixer> mixer,
             std::shared_ptr<FeedForward> feed_forward, std::shared_ptr<CrossAttention> cross)
    : mixer_(std::move(mixer)),
      feed_forward_(std::move(feed_forward)),
      cross_(std::move(cross)),
      mixer_residual_(norm, width, blocks),
      feed_forward_residual_(norm, width, blocks),
      cross_residual_(norm, width, blocks) {
  mixer_residual_.join(*this, "mixer");
  register_module("mixer", mixer_);
  if (cross_) {
    cross_residual_.join(*this, "cross");
    register_module("cross", cross_);
  }
  if (feed_forward_) {
    feed_forward_residual_.join(*this, "feed_forward");
    register_module("feed_forward", feed_forward_);
  }
}

Tensor Block::read_source(const Tensor& x, const Given& given, int64_t read, Memory* memory,
                          const Source* source) const {
  if (memory && memory->cross.empty() && source) memory->cross.resize(1);
  Memory* kept = memory && !memory->cross.empty() ? &memory->cross.front() : nullptr;
  if (!source && !kept) return x;
  if (source ? source->hidden.size(1) == 0 : kept->length == 0) return x;
  const Tensor with =
      cross_residual_(x, [&](const Tensor& y) { return cross_->forward(y, source, given, read, kept); });
  const Tensor& lengths = source ? source->lengths : kept->lengths;
  if (!lengths.defined() || lengths.min().item<int64_t>() > 0) return with;
  return at::where((lengths > 0).to(x.device()).view({-1, 1, 1}), with, x);
}

Tensor Block::forward(Tensor x, const Given& given, Memory* memory, const Source* source) const {
  const int64_t read = memory ? memory->length : 0;
  x = mixer_residual_(x, [&](Tensor y) { return mixer_->forward(std::move(y), given, memory); });
  if (cross_) x = read_source(x, given, read, memory, source);
  if (!feed_forward_) return x;
  return feed_forward_residual_(x, [&](const Tensor& y) { return feed_forward_->forward(y); });
}

void Block::add_work(Work& work, const Call& call) const {
  mixer_->add_work(work, call);
  if (cross_ && call.source > 0) cross_->add_work(work, call);
  if (feed_forward_) work.feed_forward += feed_forward_->operations(call.batch * call.queries);
}

}  // namespace lx
