// Hydra's defaults tree: from a primary config and the chosen options to the files to merge, in order.
#pragma once

#include "config/choices.h"
#include "config/config_files.h"
#include "config/override.h"

#include <map>
#include <string>
#include <vector>

namespace lx::config {

/// A config in the tree. Its children are the entries of its defaults list, `_self_` among them; none when it has no
/// list.
struct DefaultsNode {
  PlacedEntry item;
  bool deleted = false;  // by ~group, or optional and not there
  std::vector<DefaultsNode> children;
  std::set<std::string> eligible;  // of an interpolated entry: what could be overridden where it stands
};

/// One file to merge at one package ("" is the root).
struct MergeStep {
  std::string config;    // "encoding/rope"
  std::string package;   // "encoding"
  std::string parent;    // the config whose defaults list names it, or <root>
  bool is_self = false;  // it stands there as _self_, between its own defaults
};

struct DefaultsList {
  std::vector<MergeStep> steps;           // depth first, in merge order
  std::map<std::string, Node> choices;    // group -> option, list of options, or null
  std::vector<DefaultsNode> tree;         // hydra/config and the primary config
  std::vector<Override> value_overrides;  // those that do not concern the defaults list, in order
};

/// Splits `overrides` into those that choose, append or delete options of groups, which must all find a match, and
/// those of values. `multirun`: sweeps are left out, and a group that must be specified is not missed yet.
DefaultsList build_defaults_list(ConfigFiles& files, const std::string& primary, const std::vector<Override>& overrides,
                                 bool multirun = false);

}  // namespace lx::config
