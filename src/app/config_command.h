// lx config: what a command would run, and every legal key.
#pragma once

#include "app/commands.h"

namespace lx {

Command config_command();

}  // namespace lx
