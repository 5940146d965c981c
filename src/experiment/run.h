// One configuration, one run: train (or go on training), score, write run.h5, tell. The same call again goes on where
// it was stopped, and reads out what is finished.
#pragma once

#include "experiment/run_config.h"
#include "experiment/run_folder.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

struct RunOutcome {
  RunFolder folder;
  int interrupted_by = 0;  // the signal; 0: finished
  bool found = false;      // it was finished before
};

struct RunOptions {
  bool restart = false;  // forget what an earlier run of the same configuration left
  fs::path folder;       // where it goes; empty: run_folder()
};

/// Where a run lies: <output>/<experiment>/<id>.
RunFolder run_folder(const RunConfig& config, const std::string& id);

/// What a run left, without per-token scores, when it is finished; empty when it is not. Throws Error as read_run().
std::optional<RunRecord> finished_record(const RunFolder& folder);

/// Throws BusyError when another process is at work on the same run, MachineError when files cannot be written.
RunOutcome run_experiment(const ResolvedRun& run, const RunOptions& options = {});

/// Scores a finished (or half-done) run again, without training: `overrides` may change eval.* and runtime.*.
/// Results go to <run>/eval/<id>/.
RunOutcome evaluate_run(const RunFolder& folder, const std::vector<std::string>& overrides);

/// Prints what run.h5 holds.
void show_run(const RunFolder& folder);

}  // namespace lx
