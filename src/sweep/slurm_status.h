// What `lx sweep --status` says of cells that a cluster was given.
#pragma once

#include "sweep/slurm_queue.h"

#include <map>
#include <string>
#include <vector>

namespace lx {

class SlurmView {
 public:
  /// Asks Slurm when cells of this sweep were ever submitted; one that does not answer is told as a warning.
  SlurmView(const SweepFolder& folder, const std::vector<Cell>& cells);

  /// `state` and `what` of a cell as its files tell them become what they are with Slurm's knowledge: a cell that is
  /// not done waits in the queue, runs, or is lost with its task.
  void refine(const Cell& cell, CellState on_disk, std::string& state, std::string& what);
  /// What a person can do about cells that are lost; empty when none is.
  std::string footnote() const;

 private:
  const SweepFolder& folder_;
  size_t lost_ = 0;
  std::map<std::string, SlurmTask> tasks_;  // by the run's folder: cells may share one
};

}  // namespace lx
