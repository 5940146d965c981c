// Training as a thing to be timed: the trainer goes on from round to round.
#include "base/error.h"
#include "experiment/bench_measure.h"
#include "experiment/model_cost.h"
#include "train/interrupt.h"
#include "train/trainer.h"

#include <atomic>
#include <chrono>
#include <unistd.h>

namespace lx {
namespace {

/// Notes how long each step took, and ends the round by an exception once it has seen enough: the trainer stands
/// between two steps then, and its next run() goes on from there.
class StepClock final : public Observer {
 public:
  struct RoundOver {};
  using Clock = std::chrono::steady_clock;

  explicit StepClock(double seconds) : seconds_(seconds) {}
  void on_start(const StartReport&) override { start_ = last_ = Clock::now(); }
  void on_step(const StepReport&) override {
    const Clock::time_point now = Clock::now();
    steps.push_back(std::chrono::duration<double>(now - last_).count());
    last_ = now;
    const bool enough = std::chrono::duration<double>(now - start_).count() >= seconds_;
    if (interrupt_signal() != 0 || (enough && steps.size() >= 2)) throw RoundOver();
  }
  std::vector<double> steps;

 private:
  double seconds_;
  Clock::time_point start_, last_;
};

class TrainingMeasure final : public Measure {
 public:
  TrainingMeasure(const RunConfig& config, std::shared_ptr<Model> model, const Task& task)
      : model_(std::move(model)),
        train_(endless(config.train)),
        folder_(scratch()),
        trainer_(*model_, task, train_, config.length, Random(0), folder_) {
    row_.part = "train";
    row_.length = config.length;
    row_.batch = config.train.batch * config.train.accumulate;
    row_.tokens = static_cast<double>(row_.batch * row_.length);
    row_.operations = row_.tokens * operations_per_trained_token(*model_, example_shape(config, config.length));
  }
  ~TrainingMeasure() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);  // a signal makes the trainer save
  }

  std::vector<double> calls(double seconds) override {
    StepClock clock(seconds);
    Observer* const observers[] = {&clock};
    try {
      (void)trainer_.run(observers);
    } catch (const StepClock::RoundOver&) {
    }
    if (const int signal = interrupt_signal(); signal != 0) throw Stopped{signal};
    return clock.steps;
  }

  BenchRow row() const override { return row_; }

 private:
  std::shared_ptr<Model> model_;
  TrainConfig train_;
  fs::path folder_;
  Trainer trainer_;
  BenchRow row_;

  /// Steps only, and more of them than anybody waits for.
  static TrainConfig endless(TrainConfig train) {
    train.budget = {.steps = int64_t{1} << 40, .tokens = std::nullopt, .minutes = std::nullopt};
    train.validate.every = 0;
    train.checkpoint = {.every = 0, .minutes = std::nullopt, .keep = 1, .best = false};
    train.log_every = 1;
    train.on_nonfinite = OnNonfinite::skip;  // noise teaches nothing; what a step costs is all that is asked
    train.max_skips = int64_t{1} << 40;
    return train;
  }

  static fs::path scratch() {
    static std::atomic<int> number = 0;
    return fs::temp_directory_path() / fmt::format("lx-bench-{}-{}", ::getpid(), number++);
  }
};

}  // namespace

std::unique_ptr<Measure> measure_training(const RunConfig& config, std::shared_ptr<Model> model, const Task& task) {
  return std::make_unique<TrainingMeasure>(config, std::move(model), task);
}

}  // namespace lx
