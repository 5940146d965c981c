// The number of a finished run that a search judges.
#pragma once

#include "experiment/run_config.h"
#include "result/record.h"
#include "sweep/search_config.h"

namespace lx {

/// Throws Error when a run of this configuration will not have that number.
void check_objective(const SearchObjective& objective, const RunConfig& run);

/// The number. Throws Error that says why this run has none: its variant was left out, or cannot read that far.
double judged(const SearchObjective& objective, const EvalTable& table);

/// "loss of none on natural text at 256 tokens", as far as the settings say it.
std::string objective_name(const SearchObjective& objective);

}  // namespace lx
