// Scoring as a thing to be timed: the run's own evaluation of one pass of windows.
#include "base/error.h"
#include "experiment/bench_measure.h"
#include "experiment/model_cost.h"
#include "model/in_mode.h"
#include "train/interrupt.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

namespace lx {
namespace {

class ScoringMeasure final : public Measure {
 public:
  ScoringMeasure(const RunConfig& config, std::shared_ptr<Model> model, const Task& task, const Objective& objective,
                 int64_t length)
      : model_(std::move(model)), task_(task), objective_(objective), trained_length_(config.length) {
    eval_.lengths = {length};
    eval_.batch_tokens = config.eval.batch_tokens;
    eval_.windows = std::max<int64_t>(1, eval_.batch_tokens / length);
    eval_.repeats.reset();
    config::Map plain;
    plain["none"] = config::Node(config::List());
    eval_.variants = config::Node(std::move(plain));
    row_.part = "eval";
    row_.length = length;
    row_.batch = eval_.windows;
    row_.tokens = static_cast<double>(row_.batch * length);
    row_.operations = static_cast<double>(row_.batch) * operations(config, length);
  }

  std::vector<double> calls(double seconds) override {
    std::vector<double> all;
    for (double spent = 0; all.empty() || spent < seconds; spent += all.back()) {
      all.push_back(pass());
      if (const int signal = interrupt_signal(); signal != 0) throw Stopped{signal};
    }
    return all;
  }

  BenchRow row() const override { return row_; }

 private:
  std::shared_ptr<Model> model_;
  const Task& task_;
  const Objective& objective_;
  int64_t trained_length_;
  EvalConfig eval_;
  BenchRow row_;

  /// Until the last score is filed: summing up is a matter of the whole test, not of its tokens.
  double pass() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    Clock::time_point end = start;
    (void)evaluate(
        eval_, task_, trained_length_, [&](const config::Node&) { return Subject(model_); },
        [&](const EvalStep&) { end = Clock::now(); }, objective_);
    return std::chrono::duration<double>(end - start).count();
  }

  double operations(const RunConfig& config, int64_t length) const {
    const InMode testing(*model_, false);
    const ExampleShape shape = example_shape(config, length);
    const auto integers = at::TensorOptions().dtype(at::kLong);
    const Batch example = model_->arrange({.tokens = at::zeros({1, shape.length}, integers),
                                           .targets = {},
                                           .prefix = at::full({1}, shape.input, integers),
                                           .source = {},
                                           .source_lengths = {}});
    return static_cast<double>(model_->work(example).operations());
  }
};

}  // namespace

std::unique_ptr<Measure> measure_scoring(const RunConfig& config, std::shared_ptr<Model> model, const Task& task,
                                         const Objective& objective, int64_t length) {
  return std::make_unique<ScoringMeasure>(config, std::move(model), task, objective, length);
}

}  // namespace lx
