// From which level on lines are shown on the terminal and written to the log file.
#pragma once

#include "base/log.h"

#include <optional>

namespace lx::log {

/// Empty: nothing is shown. Usually from info on.
void show_from(std::optional<Level> least);
/// Usually everything.
void record_from(Level least);

}  // namespace lx::log
