// How commands and flags are described.
#pragma once

#include "app/commands.h"

#include <string>
#include <vector>

namespace lx {

/// One line a flag, "  -c, --cfg job|hydra|all   print ...".
std::string flag_lines(const std::vector<Flag>& flags);

/// Usage, summary, explanations and examples.
std::string command_help(const Command& command);

}  // namespace lx
