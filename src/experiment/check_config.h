// What can be said of a configuration before anything is built: nothing is missing, and the sections whose settings
// depend on a name (model, mixer, optimizer, schedule, task, modifiers) hold what that name takes.
#pragma once

#include "config/node.h"

namespace lx {

/// Throws Error that tells every ??? with its full key and place.
void check_nothing_missing(const config::Node& composed);

/// Throws Error that tells every mistake in the sections that choose by name.
void check_sections(const config::Node& resolved);

}  // namespace lx
