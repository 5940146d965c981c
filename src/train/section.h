// Sections of the configuration that choose one of several things by the key `name`: {name: adamw, lr: 2e-3}.
#pragma once

#include "base/error.h"
#include "config/node.h"

#include <string>
#include <utility>

namespace lx {

/// The name, and the section without it. Throws Error when it has none.
inline std::pair<std::string, config::Node> split_name(const config::Node& node, const std::string& path) {
  const config::Node* name = node.is_map() ? node.map().find("name") : nullptr;
  if (!name || !name->is_string())
    config::fail_at(node.place, fmt::format("{} must say which one it is: set {}.name", path, path));
  config::Node rest = node;
  rest.map().erase("name");
  return {name->string(), std::move(rest)};
}

}  // namespace lx
