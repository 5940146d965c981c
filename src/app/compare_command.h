// lx compare: the systems of a sweep, or any runs, against one of them.
#pragma once

#include "app/commands.h"

namespace lx {

Command compare_command();

}  // namespace lx
