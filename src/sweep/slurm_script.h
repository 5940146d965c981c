// The batch script of one array job, and the way array indices are written.
#pragma once

#include "base/files.h"
#include "sweep/slurm_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lx {

/// Cells that one array job runs: those with the indices number - offset. The offset is 0 unless the cluster allows
/// fewer indices (MaxArraySize) than the sweep has cells.
struct SlurmBatch {
  std::vector<int64_t> cells;  // ascending
  int64_t offset = 0;

  std::vector<int64_t> indices() const;
};

/// `cells` in as few batches as indices below `limit` allow.
std::vector<SlurmBatch> slurm_batches(std::vector<int64_t> cells, int64_t limit);

/// "0,3,5-9".
std::string array_text(const std::vector<int64_t>& ascending);

/// lx-<sweep> of the first batch, lx-<sweep>.<offset> of the others: a job is known by it, whatever became of our
/// notes.
std::string slurm_job_name(const fs::path& sweep, int64_t offset);

/// The whole script. `program`: the lx that runs the cells.
std::string slurm_script(const SlurmConfig& config, const SlurmBatch& batch, const fs::path& sweep,
                         const fs::path& program);

/// `text` as one word of a shell.
std::string shell_word(const std::string& text);

}  // namespace lx
