// The table of resolvers that need nothing but their arguments; those that look at the tree live in interpolate.cpp.
#pragma once

#include "config/node.h"

#include <functional>
#include <string>
#include <vector>

namespace lx::config {

using Resolver = std::function<Node(const std::vector<Node>& arguments)>;

/// Null when there is no such resolver.
const Resolver* find_resolver(const std::string& name);
std::vector<std::string> resolver_names();

}  // namespace lx::config
