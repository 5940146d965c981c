// What is to be done with the cells of a sweep, and how it is told: before a launch and after.
#pragma once

#include "sweep/launcher.h"
#include "sweep/sweep.h"

#include <string>
#include <vector>

namespace lx {

/// Cells by what is to be done with them.
struct SweepWork {
  std::vector<Cell> open;  // each run once, though several cells may come to the same run
  std::vector<CellProblem> failed;
  size_t done = 0, partial = 0, running = 0;

  /// With `restart` what earlier runs left is forgotten here, unless it is a dry run.
  SweepWork(const std::vector<Cell>& cells, const SweepOptions& options);
};

/// Names the cells that failed; the exit code.
int tell_problems(const std::vector<CellProblem>& problems, size_t cells);

/// A line a cell, for --dry-run.
std::string dry_run_text(const std::vector<Cell>& cells);

}  // namespace lx
