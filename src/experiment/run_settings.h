// The settings of the hydra node that a run honours: its folder, its environment, what it logs. What lx cannot honour
// is refused, with the reason.
#pragma once

#include "base/log.h"
#include "experiment/run_config.h"
#include "experiment/run_folder.h"

#include <map>
#include <optional>
#include <string>

namespace lx {

struct RunSettings {
  std::optional<std::string> subfolder = ".hydra";  // of what was asked for; empty: none is written
  std::map<std::string, std::string> environment;
  std::optional<log::Level> terminal = log::Level::info;  // empty: nothing
  std::optional<log::Level> file = log::Level::debug;     // empty: no lx.log
};

/// Throws Error with the place for what a run cannot honour.
RunSettings run_settings(const ResolvedRun& run);

/// Sets the variables of hydra.job.env_set, and which lines the terminal shows.
void apply(const RunSettings& settings);

/// Does hydra.run.dir still say results/<experiment>/<run id>?
bool has_usual_place(const ResolvedRun& run);
/// hydra.run.dir as an absolute folder; `id` is what ${run_id:} stands for.
fs::path run_directory(const ResolvedRun& run, const std::string& id);

/// Sets hydra.runtime.output_dir where hydra.run.dir names a folder that does not depend on what is run.
void fill_output_directory(ResolvedRun& run);

/// Where the run `id` goes. A folder that was chosen with hydra.run.dir and holds another run is refused; where its
/// name comes from the clock, a suffix is added, so that two runs of one second never meet.
RunFolder place_of_run(const ResolvedRun& run, const std::string& id, const std::string& data_hash);

}  // namespace lx
