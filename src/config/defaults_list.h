// Hydra's defaults tree: from a primary config and the chosen options to the files to merge, in order.
#pragma once

#include "config/config_files.h"
#include "config/override.h"

#include <map>
#include <string>
#include <vector>

namespace lx::config {

/// One file to merge at one package ("" is the root).
struct MergeStep {
  std::string config;   // "encoding/rope"
  std::string package;  // "encoding"
};

struct DefaultsList {
  std::vector<MergeStep> steps;                // depth first, in merge order
  std::map<std::string, std::string> choices;  // group -> option
};

/// `choices` are the overrides that choose, append or delete options of groups; all of them must find a match.
DefaultsList build_defaults_list(ConfigFiles& files, const std::string& primary, const std::vector<Override>& choices);

}  // namespace lx::config
