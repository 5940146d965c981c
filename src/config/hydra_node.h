// The `hydra` node of a composition: where more configs are searched, and what is known of the job.
#pragma once

#include "config/compose.h"
#include "config/config_files.h"
#include "config/override.h"

namespace lx::config {

/// Folders named by hydra.searchpath, in the command line or else in the primary config.
std::vector<fs::path> hydra_searchpath(ConfigFiles& files, const std::string& primary,
                                       const std::vector<Override>& overrides);

/// A key of Hydra's own: "hydra.job.name", "hydra/launcher".
bool is_hydra_override(const Override& override);

/// Fills in hydra.job, hydra.overrides and hydra.runtime below `root`, as far as they are known at composition.
void fill_hydra(Node& root, const ComposeRequest& request, const std::string& primary,
                const std::vector<Override>& overrides, const std::map<std::string, Node>& choices,
                const std::vector<fs::path>& search_path);

}  // namespace lx::config
