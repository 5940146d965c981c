// One configuration, one run: train (or go on training), score, write run.h5, tell. The same call again goes on where
// it was stopped, and reads out what is finished.
#pragma once

#include "experiment/run_config.h"
#include "experiment/run_folder.h"

#include <string>
#include <vector>

namespace lx {

struct RunOutcome {
  RunFolder folder;
  int interrupted_by = 0;  // the signal; 0: finished
};

struct RunOptions {
  bool restart = false;  // forget what an earlier run of the same configuration left
};

RunOutcome run_experiment(const ResolvedRun& run, const RunOptions& options = {});

/// Scores a finished (or half-done) run again, without training: `overrides` may change eval.* and runtime.*.
/// Results go to <run>/eval/<id>/.
RunOutcome evaluate_run(const RunFolder& folder, const std::vector<std::string>& overrides);

/// Prints what run.h5 holds.
void show_run(const RunFolder& folder);

}  // namespace lx
