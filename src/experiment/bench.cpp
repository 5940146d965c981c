#include "experiment/bench.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "experiment/scoring.h"
#include "report/table.h"
#include "tensor/machine.h"
#include "train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <unistd.h>

namespace lx {
namespace {

/// Random tokens at any length: speed does not depend on what is read.
class NoiseTask final : public Task {
 public:
  int64_t vocabulary() const override { return 256; }
  double bytes_per_token() const override { return 1; }
  Batch sample(Split, int64_t length, int64_t count, Random random) const override {
    Tensor tokens = at::empty({count, length + 1}, at::kLong);
    int64_t* data = tokens.data_ptr<int64_t>();
    for (int64_t i = 0; i < tokens.numel(); ++i) data[i] = static_cast<int64_t>(random.below(256));
    return {.tokens = tokens.narrow(1, 0, length), .targets = tokens.narrow(1, 1, length)};
  }
  Text text(const TextRequest&) const override { fail("the benchmark has no text"); }
  std::string content_hash() const override { return "noise"; }
};

/// Remembers when each step ended.
class StepClock final : public Observer {
 public:
  void on_step(const StepReport& report) override { seconds.push_back(report.seconds); }
  std::vector<double> seconds;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

void bench(const ResolvedRun& run, const BenchOptions& options) {
  const RunConfig& config = run.config;
  apply(config.runtime);
  log::info("{} · products in {}", one_line(describe_machine()), precision_name(precision()));
  const NoiseTask noise;
  const auto objective = objective_of(config, noise.vocabulary());
  const AskedTask task(noise, *objective);
  auto model = fresh_model(config, noise);
  const auto parameters = static_cast<double>(parameter_count(*model));
  log::info("{} parameters; {} windows of {} tokens a step", format_count(parameters),
            config.train.batch * config.train.accumulate, config.length);
  Table table({"", "tokens/s", "GFLOP/s"});
  {
    const fs::path scratch = fs::temp_directory_path() / fmt::format("lx-bench-{}", ::getpid());
    TrainConfig train = config.train;
    train.budget = {.steps = std::nullopt, .tokens = std::nullopt, .minutes = options.seconds / 60};
    train.validate.every = 0;
    train.checkpoint = {.every = 0, .minutes = std::nullopt, .keep = 1, .best = false};
    train.log_every = 1;
    StepClock clock;
    Observer* const observers[] = {&clock};
    Trainer(*model, task, train, config.length, Random(0), scratch).run(observers);
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
    const size_t warm = std::min<size_t>(3, clock.seconds.size() / 2);
    std::vector<double> steps;
    for (size_t i = warm + 1; i < clock.seconds.size(); ++i) steps.push_back(clock.seconds[i] - clock.seconds[i - 1]);
    require(!steps.empty(), "the benchmark saw too few steps in {} s: give it more time with --seconds",
            options.seconds);
    const auto tokens = static_cast<double>(config.train.batch * config.train.accumulate * config.length);
    const double rate = tokens / median(steps);
    // Exact work of one trained token: 6 a parameter, and the causal half of attention: 6 layers length width.
    const config::Node* width = config.model.find("width");
    const config::Node* layers = config.model.find("layers");
    const double attention =
        width && layers ? 6.0 * layers->real() * static_cast<double>(config.length) * width->real() : 0;
    table.row({fmt::format("train at {}", config.length), format_count(rate),
               fmt::format("{:.1f}", rate * (6 * parameters + attention) / 1e9)});
  }
  model->eval();
  const at::NoGradGuard off;
  for (const int64_t length : config.eval.lengths) {
    const int64_t count = std::max<int64_t>(1, config.eval.batch_tokens / length);
    const Batch batch = task.sample(Split::test, length, count, Random(1));
    std::vector<double> passes;
    for (double start = now(); passes.size() < 3 || (now() - start < options.seconds / 4 && passes.size() < 100);) {
      const double begin = now();
      model->logits(batch);
      passes.push_back(now() - begin);
    }
    table.row(
        {fmt::format("score at {}", length), format_count(static_cast<double>(count * length) / median(passes)), ""});
  }
  fmt::print("{}", table.text());
}

}  // namespace lx
