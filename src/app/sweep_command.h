// lx sweep: what became of a sweep; and lx cell, which its launchers call.
#pragma once

#include "app/commands.h"

namespace lx {

Command sweep_command();
Command cell_command();

}  // namespace lx
