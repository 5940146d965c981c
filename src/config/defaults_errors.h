// What is said of a defaults list that cannot be followed. The texts are Hydra's, with the place before them.
#pragma once

#include "config/placed_entry.h"

namespace lx::config {

/// A group whose option is ???.
[[noreturn]] void fail_must_specify(const ConfigFiles& files, const PlacedEntry& item);
/// A config that no folder of the search path has.
[[noreturn]] void fail_not_found(const ConfigFiles& files, const PlacedEntry& item);
/// An `override` line before a line that is none.
[[noreturn]] void fail_override_order(const PlacedEntry& overriding, const PlacedEntry& later, const std::string& name);
/// Refuses ".." and backslashes in the entry's path, group and options.
void check_paths(const DefaultEntry& entry, const std::string& name);

}  // namespace lx::config
