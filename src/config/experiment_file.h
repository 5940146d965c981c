// A YAML file typed among the overrides, laid over the primary configuration: lx run experiments/mine/longer.yaml.
#pragma once

#include "config/compose.h"

#include <string>

namespace lx::config {

bool is_experiment_file(const std::string& word);

/// Its folder becomes a group whose one option is merged at the root, so an experiment file needs no header. Throws
/// Error when there is no such file, or it cannot be a group's option.
void add_experiment_file(ComposeRequest& request, const std::string& word);

}  // namespace lx::config
