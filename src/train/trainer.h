// Runs a model over a task until the budget is spent: batches, gradients, steps, validation, checkpoints.
//
// Everything that changes a number is a function of the configuration, the random stream and the step, so a run that
// was interrupted (or killed) and resumed from its checkpoint ends with the same bits as one that was not. With a
// budget in minutes the clock decides how many steps there are and no two runs are equal.
#pragma once

#include "base/random.h"
#include "task/task.h"
#include "train/checkpoint.h"
#include "train/observer.h"
#include "train/train_config.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace lx {

class Model;

enum class Outcome { finished, interrupted };

/// What the caller wants kept beside each checkpoint (a configuration's text, a position in a log file). Called at each
/// save; handed back by Trainer::resume.
using Extra = std::function<std::map<std::string, std::string>()>;

class Trainer {
 public:
  /// `length` is N, the tokens in a window. The model must already be where it is to be trained (device, dtype) and
  /// outlive the Trainer, as must `task`. Throws Error for settings that do not fit.
  Trainer(Model& model, const Task& task, TrainConfig config, int64_t length, Random random, fs::path checkpoints,
          Extra extra = {});
  ~Trainer();

  /// Loads the newest whole checkpoint and returns its state (step, extra …); empty when there is none. Throws Error,
  /// one sentence, when it belongs to another configuration, stream, corpus or model.
  std::optional<TrainState> resume();

  /// Trains until the budget is spent (finished), or until a signal asks to stop (interrupted: saved after the step at
  /// hand). Throws Error for a loss that is not finite, and when a checkpoint cannot be saved.
  Outcome run(std::span<Observer* const> observers);

  /// Puts the running average into the model, for evaluation right after run(); without `ema` nothing changes. Ends the
  /// training: run() may not be called afterwards.
  void adopt_average();

  const TrainState& state() const;

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

/// Parameters and buffers, a tensor with two names once: what a checkpoint holds of a model.
NamedTensors named_tensors(Model& model);

/// Fills `model` from a checkpoint folder, strictly, for evaluation: with the average of the weights when there is one.
void load_weights(const fs::path& folder, Model& model);

}  // namespace lx
