// lx run: one configuration, or with --multirun many.
#pragma once

#include "app/commands.h"

namespace lx {

Command run_command();

}  // namespace lx
