// One thing that can be timed again and again: training steps, passes of scoring, attention alone.
#pragma once

#include "experiment/run_config.h"
#include "model/model.h"
#include "result/bench_record.h"

#include <memory>
#include <string>
#include <vector>

namespace lx {

class Measure {
 public:
  virtual ~Measure() = default;
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

  /// Seconds of each call, for about so long; one call at least, of training two. Throws Stopped after a signal.
  virtual std::vector<double> calls(double seconds) = 0;
  /// What is timed: all but cell, memory and seconds.
  virtual BenchRow row() const = 0;

  struct Stopped {
    int signal;
  };

 protected:
  Measure() = default;
};

/// A model on random tokens, and what is to be timed of it.
class BenchSubject {
 public:
  /// Builds the model, on the device of the configuration. Throws Error for what cannot run. Lengths of evaluation that
  /// the model cannot read are left out with a warning.
  BenchSubject(const RunConfig& config, const std::vector<std::string>& parts);
  ~BenchSubject();
  BenchSubject(BenchSubject&&) noexcept;

  const std::vector<std::unique_ptr<Measure>>& measures() const { return measures_; }
  int64_t parameters() const;
  /// Bytes of its weights and, where it is trained, of what the trainer keeps for them.
  int64_t held() const { return held_; }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::vector<std::unique_ptr<Measure>> measures_;
  int64_t held_ = 0;
};

/// Training by the run's own trainer, as `lx run` does it, less validation and checkpoints.
std::unique_ptr<Measure> measure_training(const RunConfig& config, std::shared_ptr<Model> model, const Task& task);
/// Scoring of `length` tokens by the run's own evaluation, one pass a call.
std::unique_ptr<Measure> measure_scoring(const RunConfig& config, std::shared_ptr<Model> model, const Task& task,
                                         const Objective& objective, int64_t length);
/// The attention of the first layer on random queries, keys and values of train.batch windows of N tokens. Values are
/// as wide as heads. Throws Error for a model without attention.
std::unique_ptr<Measure> measure_attention(const RunConfig& config, std::shared_ptr<Model> model, bool training);

}  // namespace lx
