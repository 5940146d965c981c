// How fast one configuration trains and scores on this machine.
#pragma once

#include "experiment/run_config.h"

namespace lx {

struct BenchOptions {
  double seconds = 10;  // measured, after a warm-up of a few steps
};

/// Prints tokens per second and achieved GFLOP/s of training steps (forward, backward, clip, optimizer) and of scoring
/// at the configured lengths. Needs no corpus: tokens are random.
void bench(const ResolvedRun& run, const BenchOptions& options);

}  // namespace lx
