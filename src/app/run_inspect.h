// What a run would use, printed instead of run: --cfg, --resolve, --package, --info, --hydra-help, and --help by the
// template of hydra.help.
#pragma once

#include "app/arguments.h"
#include "experiment/run_config.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

/// The flags of all of them.
std::vector<Flag> inspection_flags();

/// Prints what the flags ask for and returns the exit code; empty when they ask for nothing. Throws UsageError for
/// flags that do not go together.
std::optional<int> inspect_run(const Arguments& arguments, const ConfigRequest& request);

/// The text of --help. `flags`: the lines that describe the flags.
std::string run_help(const Arguments& arguments, const ConfigRequest& request, const std::string& flags);
std::string hydra_help(const ConfigRequest& request, const std::string& flags);

}  // namespace lx
