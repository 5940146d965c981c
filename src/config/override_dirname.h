// The overrides of a job as the name of a folder: "lr=0.1,seed=2".
#pragma once

#include "config/node.h"

#include <optional>
#include <string>
#include <vector>

namespace lx::config {

struct DirnameStyle {
  std::string kv_sep = "=", item_sep = ",";
  std::vector<std::string> exclude_keys;        // keys that do not show, such as seed
  std::optional<std::string> element_resolver;  // a resolver that each item goes through
};

/// From hydra.job.config.override_dirname, or the argument of ${hydra_override_dirname:...}.
DirnameStyle read_dirname_style(const Node& options);

/// The texts of `overrides`, sorted, with kv_sep for '='.
std::vector<std::string> dirname_items(const Node& overrides, const DirnameStyle& style);

}  // namespace lx::config
