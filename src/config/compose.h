// Hydra's composition: config groups, defaults lists with _self_, packages, overrides; see docs/configuration.md.
#pragma once

#include "base/files.h"
#include "config/node.h"

#include <map>
#include <string>
#include <vector>

namespace lx::config {

struct Composition {
  Node config;                                 // composed, overrides applied, interpolations NOT yet resolved
  std::map<std::string, std::string> choices;  // group -> option, e.g. "model" -> "decoder_1m"
  std::vector<std::string> defaults;           // the final defaults list, in merge order, one line each
};

struct ComposeRequest {
  std::vector<fs::path> search_path;   // first found wins; each is a folder of YAML files
  std::string config_name;             // the primary config, without ".yaml"
  std::vector<std::string> overrides;  // key=value, +k=v, ++k=v, ~k, group=option, as typed
};

Composition compose(const ComposeRequest& request);

/// Options of a group ("encoding" -> alibi, rope, ...), sorted; empty when there is no such group.
std::vector<std::string> options(const std::vector<fs::path>& search_path, const std::string& group);

}  // namespace lx::config
