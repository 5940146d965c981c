// Where a sweep and its cells go: results/<experiment>/sweeps/<id> with every run under its own hash, or where
// hydra.sweep.dir and hydra.sweep.subdir say.
#pragma once

#include "experiment/run_config.h"

#include <string>

namespace lx {

/// Are hydra.sweep.dir and hydra.sweep.subdir as they are built in?
bool has_usual_sweep_place(const ResolvedRun& base);

/// hydra.sweep.dir as an absolute folder; `id` is what ${sweep_id:} stands for.
fs::path sweep_directory(const ResolvedRun& base, const std::string& id);

/// Where a cell goes below a sweep's folder that was chosen: hydra.sweep.subdir, in which ${run_id:} is `id`.
fs::path cell_directory(const ResolvedRun& cell, const fs::path& sweep, const std::string& id);

}  // namespace lx
