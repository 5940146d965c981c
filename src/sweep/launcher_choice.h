// Which launcher a configuration asks for: its section `launcher`, or one of Hydra's by the name people know.
#pragma once

#include "sweep/launcher.h"

#include <memory>

namespace lx {

/// The launcher of `run`. hydra/launcher=joblib is launcher=local with jobs: n_jobs; submitit_slurm is launcher=slurm;
/// submitit_local runs here; basic (Hydra's default) leaves it to the section `launcher`. Settings that lx cannot
/// honour are refused with their place.
std::unique_ptr<Launcher> launcher_of(const ResolvedRun& run);

/// Does another machine run what this configuration asks for, even when it is a single run?
bool runs_elsewhere(const ResolvedRun& run);

}  // namespace lx
