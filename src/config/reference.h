// Following a value that is nothing but a reference, "${a.b}", to the node it stands for.
#pragma once

#include "config/node.h"

#include <string>
#include <vector>

namespace lx::config {

bool is_interpolation(const Node& node);

/// The node below `root` that `node`, which stands at `path`, refers to, through further references. `node` itself when
/// it is no interpolation; null when it is a joined text, a call, or a reference to nothing.
Node* dereference(Node& root, Node& node, std::vector<std::string> path);

}  // namespace lx::config
