// Hydra's composition: config groups, defaults lists with _self_, packages, overrides; see docs/configuration.md.
#pragma once

#include "base/files.h"
#include "config/node.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lx::config {

struct Composition {
  Node config;  // composed, overrides applied, interpolations NOT yet resolved; without hydra
  Node hydra;   // the `hydra` node, unresolved: the built-in one, changed by files and overrides
  std::map<std::string, std::string> choices;  // group -> option, e.g. "model" -> "decoder_1m"; hydra's own left out
  std::vector<std::string> defaults;           // the final defaults list, in merge order, one line each
  std::vector<fs::path> search_path = {};      // with the folders of hydra.searchpath
};

enum class ComposeMode {
  run,      // one job: a sweep among the overrides is refused
  multirun  // what is common to all jobs: sweeps are left out, and ??? in a defaults list waits for each job
};

struct ComposeRequest {
  std::vector<fs::path> search_path;   // first found wins; each is a folder of YAML files
  std::string config_name;             // the primary config, without ".yaml"
  std::vector<std::string> overrides;  // key=value, +k=v, ++k=v, ~k, group=option, as typed
  ComposeMode mode = ComposeMode::run;
  std::string job_name = "lx";          // hydra.job.name, unless the configuration says otherwise
  std::optional<int64_t> job_num = {};  // hydra.job.num of a job of a sweep
  std::string job_id = {};              // hydra.job.id; empty: the number
};

Composition compose(const ComposeRequest& request);

/// Both parts with their interpolations resolved, each seeing the other: ${hydra:job.num} in the configuration,
/// ${seed} in the hydra node.
struct ResolvedComposition {
  Node config, hydra;
};
ResolvedComposition resolve(const Composition& composition);
/// One value of the hydra node, resolved: "sweep.dir". The rest of the node may still hold what cannot be resolved.
Node resolve_hydra(const Composition& composition, const std::string& key);

/// The configuration alone, resolved; what it refers to in the hydra node must be resolvable, the rest need not be.
Node resolve_config(const Composition& composition);

/// Is this override one of the hydra node ("hydra.run.dir=x", "hydra/launcher=joblib")?
bool is_hydra_override(const std::string& text);

/// Refuses a job that brings another launcher or sweeper, or other settings of them, than the sweep it belongs to.
void check_job_settings(const Composition& sweep, const Composition& job);

/// The final defaults list and the tree it comes from, as Hydra prints them for --info.
struct DefaultsRow {
  std::string config, package, parent;
  bool is_self = false;
};
struct DefaultsInfo {
  std::vector<DefaultsRow> rows;
  std::string tree;  // one line a config, indented
};
DefaultsInfo defaults_info(const ComposeRequest& request);
std::string defaults_table(const DefaultsInfo& info);

/// Options of a group ("encoding" -> alibi, rope, ...), sorted; empty when there is no such group.
std::vector<std::string> options(const std::vector<fs::path>& search_path, const std::string& group);

}  // namespace lx::config
