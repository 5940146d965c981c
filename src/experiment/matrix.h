// Several configurations, one command: trained methods times seeds, each scored under every variant.
#pragma once

#include "experiment/run.h"

namespace lx {

/// Runs every job of a sweep (`encoding=rope,kna seed=0,1`), one after another, and prints the matrix of what was
/// trained against what it was tested as. Every job's configuration is checked before the first starts; finished runs
/// are read out, half-done ones go on; a job that fails is told at once and listed at the end. Returns the exit code.
int run_matrix(const ConfigRequest& request, const RunOptions& options);

}  // namespace lx
