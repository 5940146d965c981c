// Several configurations, one command: plan, launch, and say what came of it.
#pragma once

#include "experiment/run_config.h"

namespace lx {

struct SweepOptions {
  bool restart = false;       // forget what earlier runs of these configurations left
  bool retry_failed = false;  // also those that failed by a mistake of their own
  bool fail_fast = false;     // stop at the first failure
  bool dry_run = false;       // say what would be done
};

/// Runs every cell that is not done: half-done ones go on, failed ones are named again. Prints the matrix of what was
/// trained against what it was tested as. Returns the exit code: 0, 1 when cells failed, 128 + signal.
int run_sweep(const ConfigRequest& request, const SweepOptions& options);

/// Prints what each cell of an earlier sweep has come to.
int show_sweep(const std::string& word);

}  // namespace lx
