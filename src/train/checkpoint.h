// All of a run's state in a folder that is complete or absent:
//   checkpoints/step-00000500/{model.safetensors, optimizer.safetensors, ema.safetensors (when on), state.json}
//   checkpoints/best/          the same, of the step with the lowest validation loss
#pragma once

#include "base/files.h"
#include "config/node.h"
#include "tensor/named_tensors.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lx {

/// What besides tensors a run needs to go on bit for bit. The step is the position in the data: each batch is drawn
/// from a random stream named by its step.
struct TrainState {
  int64_t step = 0;
  int64_t tokens = 0;
  double elapsed_seconds = 0;       // spent training, earlier sittings included
  std::optional<double> best_loss;  // lowest validation loss so far
  int64_t best_step = 0;
  int64_t skips = 0, skips_in_a_row = 0;  // steps left out as not finite
  double loss_sum = 0;                    // since the last report
  int64_t loss_count = 0;
  uint64_t stream = 0;                       // key of the run's random stream
  int64_t threads = 0;                       // sums depend on it in the last bits
  std::string precision = "fp32";            // of products (ops/precision.h)
  std::string data_hash;                     // Task::content_hash
  config::Node config;                       // TrainConfig as resolved
  int64_t length = 0;                        // N
  std::map<std::string, std::string> extra;  // the caller's: kept, not read
};

struct CheckpointTensors {
  NamedTensors model, optimizer, ema;  // ema: empty when off
};

struct Checkpoint {
  fs::path path;
  TrainState state;
};

/// checkpoints/step-00000500
fs::path checkpoint_path(const fs::path& checkpoints, int64_t step);

/// Writes `folder` whole or not at all (an older one of that name is replaced); returns what it wrote. Throws Error,
/// one sentence, when it cannot: no other checkpoint is touched.
void save_checkpoint(const fs::path& folder, const TrainState& state, const CheckpointTensors& tensors);

/// Reads state.json and checks all files against the sizes and hashes in it. Throws Error with what is wrong.
Checkpoint open_checkpoint(const fs::path& folder);

/// Copies a checkpoint's tensors into `tensors`, strictly (tensor/named_tensors.h).
void load_checkpoint(const Checkpoint& checkpoint, const CheckpointTensors& tensors);

/// Throws Error, naming the first difference, unless the checkpoint comes from the run whose fresh state is `now`: same
/// length, stream, data, precision and settings (but for train.budget and train.checkpoint: a run may be prolonged).
/// Warns when the number of threads differs.
void check_same_run(const Checkpoint& checkpoint, const TrainState& now);

/// The newest whole step-* checkpoint; damaged ones are passed over with a warning that names them. Empty: there is
/// none.
std::optional<Checkpoint> find_last(const fs::path& checkpoints);
/// checkpoints/best, when there is a whole one.
std::optional<Checkpoint> find_best(const fs::path& checkpoints);

/// Removes all step-* but the newest `keep`, and what crashed writers left.
void remove_older(const fs::path& checkpoints, int64_t keep);

/// The weights to evaluate with: the average when the run kept one, else the weights. Strict.
void load_weights(const fs::path& folder, const NamedTensors& model);

}  // namespace lx
