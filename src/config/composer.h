// What composing and printing the defaults list share: the files, the primary config and the parsed overrides.
#pragma once

#include "config/compose.h"
#include "config/defaults_list.h"

#include <string>
#include <vector>

namespace lx::config {

struct Composer {
  const ComposeRequest& request;
  ConfigFiles files;
  std::string primary;
  std::vector<Override> overrides;

  /// Parses the overrides, adds the folders of hydra.searchpath, and refuses sweeps where they may not stand.
  explicit Composer(const ComposeRequest& request);
  DefaultsList list();
};

}  // namespace lx::config
