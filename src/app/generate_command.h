// The flags of `lx generate` and what they ask for.
#pragma once

#include "app/commands.h"

namespace lx {

Command generate_command();

}  // namespace lx
