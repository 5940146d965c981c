// The JSON Schema of the configuration, for editors of YAML: every key with type, default, bounds and one sentence.
#pragma once

#include "config/node.h"

#include <string>

namespace lx {

/// `section`: empty for primary configurations and experiments; "encoding", "train/optimizer" and so on for the files
/// of a group. Throws UsageError for a group that has no section.
config::Node config_schema(const std::string& section);

}  // namespace lx
