// Shell patterns on the names of options.
#pragma once

#include <string_view>

namespace lx::config {

/// Does the whole name match? `*` any text, `?` one character, `[abc]`, `[a-z]` and `[!abc]` one of a set. Case counts.
bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace lx::config
