// What there is to choose from, and every legal key.
#pragma once

#include <string>

namespace lx {

/// Prints names and summaries of one kind, or of all when `kind` is empty. Throws UsageError for an unknown kind.
void list_registered(const std::string& kind);

/// Prints the configuration's keys that start with `prefix`: type, default, one sentence.
void list_keys(const std::string& prefix);

}  // namespace lx
