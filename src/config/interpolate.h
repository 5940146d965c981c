// ${...}: absolute, relative and nested references, and resolvers (oc.env, now, mul, div, ...).
#pragma once

#include "config/node.h"

#include <functional>
#include <string>
#include <vector>

namespace lx::config {

/// Replaces every interpolation in `root` by its value. Unknown keys, cycles and unknown resolvers throw Error with
/// the place. `???` stays.
Node resolve(const Node& root);

/// A resolver available as ${name:arg,...} everywhere. Names may hold dots.
void register_resolver(const std::string& name, std::function<Node(const std::vector<Node>& arguments)> function);

}  // namespace lx::config
