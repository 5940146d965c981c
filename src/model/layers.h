// Which stack of modifiers at which depth:
//   stack: [rope]                                               the same in every layer
//   layers: {rest: [rope, {window: {size: 16}}], last: [log_n]} by depth: first, last, an index ("3"), rest
#pragma once

#include "attention/stack.h"
#include "config/node.h"

#include <string>

namespace lx {

/// A list of modifiers and the key it stands under.
struct LayerStack {
  config::Node list;
  std::string path;
};

/// The modifiers of `layer` (0-based) under an encoding section (a map with `stack` or `layers`), or under a bare list.
/// The most explicit entry wins: an index, then first and last, then rest; a layer that no entry names is an error.
LayerStack stack_of_layer(const config::Node& encoding, int64_t layer, int64_t layers, const std::string& path);

/// Checks the section's keys. Throws Error with the place.
void check_encoding(const config::Node& encoding, int64_t layers, const std::string& path);

}  // namespace lx
