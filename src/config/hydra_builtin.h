// The built-in `hydra` configuration: what is there before any file of a user is merged, and which types it takes.
#pragma once

#include "config/node.h"

#include <string>
#include <vector>

namespace lx::config {

/// The built-in files: "hydra/config", "hydra/launcher/joblib", ... The text is YAML. Null when there is no such file.
const std::string* builtin_config(const std::string& name);
/// The options of a built-in group ("hydra/launcher"), sorted.
std::vector<std::string> builtin_options(const std::string& group);
/// The built-in groups: hydra/launcher, ...; and `hydra` itself.
std::vector<std::string> builtin_groups();

/// The types of the hydra node, in its own shape. A leaf is str, int, float, bool, mode or any; `?` behind it also
/// allows null. [str] is a list. A dict with the single key `*` is open, any other is closed.
const Node& builtin_types();
/// The types of the settings of one launcher or sweeper; null when it is not a built-in one.
const Node* builtin_option_types(const std::string& group, const std::string& option);

}  // namespace lx::config
