// Value overrides on a composed configuration, with Hydra's rules: no new keys without '+'.
#pragma once

#include "config/override.h"

#include <string>
#include <vector>

namespace lx::config {

/// Changes, adds or deletes one key. `groups` are the known config groups, for spelling hints.
void apply_override(Node& config, const Override& override, const std::vector<std::string>& groups);

}  // namespace lx::config
