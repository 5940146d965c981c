// The folders that the hydra node names: hydra.run.dir, hydra.sweep.dir, hydra.sweep.subdir. Where nobody chose them lx
// has patterns of its own, so that the same command finds its results again; Hydra's go by the clock.
#pragma once

#include "experiment/run_config.h"

#include <string>
#include <string_view>

namespace lx {

/// Puts lx's patterns where Hydra's built-in ones stand.
void use_own_patterns(config::Node& hydra);

/// Is this folder ("run.dir") where lx puts it unless told otherwise?
bool is_own_pattern(const ResolvedRun& run, std::string_view key);

/// The pattern as written; empty when it is no text.
std::string output_pattern(const ResolvedRun& run, std::string_view key);

/// The pattern under `key` with `placeholder` ("${run_id:}") replaced by `id` and all references resolved. Throws Error
/// with the place when it comes to nothing.
std::string resolve_pattern(const ResolvedRun& run, std::string_view key, std::string_view placeholder,
                            const std::string& id);

}  // namespace lx
