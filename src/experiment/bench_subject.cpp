// Builds what is timed; random tokens stand in for a corpus, since speed does not depend on what is read.
#include "base/error.h"
#include "base/log.h"
#include "experiment/bench_measure.h"
#include "experiment/scoring.h"
#include "tensor/tensor_memory.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

class NoiseTask final : public Task {
 public:
  int64_t vocabulary() const override { return 256; }
  double bytes_per_token() const override { return 1; }
  Batch sample(Split, int64_t length, int64_t count, Random random) const override {
    const Tensor tokens = draw(count, length + 1, random);
    return {.tokens = tokens.narrow(1, 0, length), .targets = tokens.narrow(1, 1, length)};
  }
  Text text(const TextRequest& request) const override {
    Text text;
    text.name = request.kind;
    text.tokens = draw(request.windows, request.length + 1, Random(1));
    for (int64_t i = 0; i < request.windows; ++i) {
      text.document.push_back(i);
      text.document_names.push_back(fmt::format("noise {}", i));
    }
    text.documents_long_enough = request.windows;
    return text;
  }
  std::string content_hash() const override { return "noise"; }

 private:
  static Tensor draw(int64_t rows, int64_t columns, Random random) {
    Tensor tokens = at::empty({rows, columns}, at::kLong);
    int64_t* data = tokens.data_ptr<int64_t>();
    for (int64_t i = 0; i < tokens.numel(); ++i) data[i] = static_cast<int64_t>(random.below(256));
    return tokens;
  }
};

}  // namespace

struct BenchSubject::Parts {
  const std::unique_ptr<const Task> noise = std::make_unique<NoiseTask>();
  std::unique_ptr<Objective> objective;
  AskedTask task;
  std::shared_ptr<Model> model;

  explicit Parts(const RunConfig& config)
      : objective(objective_of(config, noise->vocabulary())),
        task(*noise, *objective),
        model(fresh_model(config, *noise)) {}
};

BenchSubject::BenchSubject(const RunConfig& config, const std::vector<std::string>& parts) {
  const int64_t before = tensor_memory().now;
  parts_ = std::make_unique<Parts>(config);
  const auto asked = [&](const char* part) { return std::find(parts.begin(), parts.end(), part) != parts.end(); };
  if (asked("train")) measures_.push_back(measure_training(config, parts_->model, parts_->task));
  held_ = tensor_memory().now - before;
  if (asked("eval")) {
    parts_->objective->check_lengths(config.eval.lengths);
    const int64_t longest = parts_->model->longest_text();
    for (const int64_t length : config.eval.lengths) {
      if (length > longest)
        log::warning("the model reads at most {} tokens: {} are not scored", longest, length);
      else
        measures_.push_back(measure_scoring(config, parts_->model, *parts_->noise, *parts_->objective, length));
    }
  }
  if (asked("attention")) measures_.push_back(measure_attention(config, parts_->model, false));
  if (asked("attention_train")) measures_.push_back(measure_attention(config, parts_->model, true));
}

BenchSubject::~BenchSubject() = default;
BenchSubject::BenchSubject(BenchSubject&&) noexcept = default;

int64_t BenchSubject::parameters() const { return parameter_count(*parts_->model); }

}  // namespace lx
