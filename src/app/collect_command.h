// lx collect: a sweep, or any runs, as one HDF5 file and as rows.
#pragma once

#include "app/commands.h"

namespace lx {

Command collect_command();

}  // namespace lx
