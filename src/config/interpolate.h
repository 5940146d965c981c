// ${...}: absolute, relative and nested references, and resolvers (oc.env, now, mul, div, ...).
#pragma once

#include "config/node.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace lx::config {

/// Nodes reachable as ${name:dotted.path}, beside the configuration itself: {"hydra", {job: {num: 3}}} serves
/// ${hydra:job.num}. They are used as they are.
using NamedNodes = std::map<std::string, Node>;

/// Replaces every interpolation in `root` by its value. Unknown keys, cycles and unknown resolvers throw Error with
/// the place. `???` stays; an interpolation that refers to one throws. An escaped \${x} becomes the plain text ${x}.
Node resolve(const Node& root, const NamedNodes& named = {});

/// The same for one value of `root`. The rest of `root` may hold what cannot be resolved.
Node resolve_part(const Node& root, const std::string& path);

/// A resolver available as ${name:arg,...} everywhere. Names may hold dots. Errors it throws get the place.
void register_resolver(const std::string& name, std::function<Node(const std::vector<Node>& arguments)> function);

}  // namespace lx::config
