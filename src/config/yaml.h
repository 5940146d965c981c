// Reading YAML 1.1 as PyYAML and OmegaConf read it (yaml-cpp parses, we type the scalars).
#pragma once

#include "base/files.h"
#include "config/node.h"

#include <string>

namespace lx::config {

/// `source` names the text in messages. Duplicate keys, tabs, bare scalars at the top and the like throw Error with
/// file:line:column. An empty document is an empty map.
Node parse_yaml(const std::string& text, const std::string& source);
Node load_yaml(const fs::path& path);
/// JSON (as to_json writes it) back to a Node; for the records lx writes itself.
Node parse_json(const std::string& text, const std::string& source);

}  // namespace lx::config
