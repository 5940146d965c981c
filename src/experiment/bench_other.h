// Two builds against each other: the same benchmark in processes of either program, taking turns.
#pragma once

#include "experiment/bench.h"
#include "result/bench_record.h"

namespace lx {

/// Cells of this program, each held against the cell of the other that comes behind them. Throws Error, with what the
/// other program said, when it cannot do what is asked.
BenchRecord bench_both(const ConfigRequest& request, const BenchOptions& options);

}  // namespace lx
