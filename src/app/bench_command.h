// `lx bench`.
#pragma once

#include "app/commands.h"

namespace lx {

Command bench_command();

}  // namespace lx
