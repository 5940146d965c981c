// hydra/sweeper=random, quasi_random or halving: points are drawn, run in batches, and judged.
#pragma once

#include "sweep/sweep.h"

#include <optional>

namespace lx {

/// Runs the search that hydra/sweeper asks for: draws the same points again, skips what is done, goes on with the rest.
/// Returns the exit code as run_sweep does; empty when hydra/sweeper is basic.
std::optional<int> run_search(const ConfigRequest& request, const SweepOptions& options);

}  // namespace lx
