// The flags that say where configurations lie, and what a command line asks for with them.
#pragma once

#include "app/arguments.h"
#include "experiment/run_config.h"

#include <vector>

namespace lx {

/// `flags` and --config-name, --config-path, --config-dir.
std::vector<Flag> with_config_flags(std::vector<Flag> flags);

/// What the flags and words of a command line ask for. Throws Error when a folder does not exist.
ConfigRequest config_request(const Arguments& arguments);

}  // namespace lx
