// Merging one config into what was composed so far, by OmegaConf's rules.
#pragma once

#include "config/node.h"

#include <string>
#include <vector>

namespace lx::config {

/// Dicts merge key by key (the old order first, new keys appended), all else replaces, but a `???` never replaces
/// anything. A list and a dict do not replace each other. A dict that meets a reference to a dict merges into a copy of
/// that one. `context` begins the message of an error.
void merge_configs(Node& root, const Node& content, const std::string& context);

/// The same for one node of `root` that stands at `path`.
void merge_node(Node& root, Node& base, const Node& over, const std::vector<std::string>& path,
                const std::string& context);

}  // namespace lx::config
