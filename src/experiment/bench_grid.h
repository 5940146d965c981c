// The cells of a benchmark: every combination of what was typed with commas, composed and checked.
#pragma once

#include "experiment/bench.h"
#include "result/bench_record.h"

#include <vector>

namespace lx {

struct BenchSetup {
  RunConfig config;
  BenchCell cell;  // label, overrides, keys and reference are filled in
};

/// Throws Error with the number and label of the cell that cannot be composed, UsageError for an `against` that names
/// no cell.
std::vector<BenchSetup> bench_grid(const ConfigRequest& request, const BenchOptions& options);

}  // namespace lx
