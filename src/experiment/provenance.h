// Where a run's numbers come from: code, machine, data, seed.
#pragma once

#include "experiment/run_config.h"
#include "result/record.h"
#include "task/task.h"
#include "tensor/machine.h"

namespace lx {

/// Code and machine alone.
Facts describe_program(const Machine& machine);
Facts describe_environment(const RunConfig& config, const Task& task, const Machine& machine);

}  // namespace lx
