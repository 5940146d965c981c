// The command `lx bench`: how fast configurations run here.
#pragma once

#include "app/commands.h"

namespace lx {

Command bench_command();

}  // namespace lx
