// Staying while a cluster works: launcher.wait=true.
#pragma once

#include "sweep/launcher.h"

namespace lx {

/// Returns when no cell of the request is queued or running any more, or when a signal asks this process to stop: then
/// the cells go on. With fail_fast the first failure takes the others out of the queue.
LaunchReport wait_for_slurm(const LaunchRequest& request);

}  // namespace lx
