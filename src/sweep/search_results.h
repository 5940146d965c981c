// What a search has found: trials in order, as a table, as trials.csv and as optimization_results.yaml.
#pragma once

#include "sweep/search_space.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

struct SearchTrial {
  int64_t number = 0;
  size_t rung = 0;
  Cell cell;
  std::optional<double> value;  // empty: it failed
  std::string problem;          // why
};

/// Failed ones last; of the others higher rungs first, within a rung the best first, of equals the one drawn first.
void sort_trials(std::vector<SearchTrial>& trials, SearchDirection direction);

/// How many trials failed on any rung.
int64_t failed_trials(const std::vector<SearchTrial>& trials);

/// Each trial once, as far as it came, the best first.
std::string trials_table(const SearchSpace& space, std::vector<SearchTrial> trials);

/// Every trial on every rung, in the order in which they were planned.
std::string trials_csv(const SearchSpace& space, const std::vector<SearchTrial>& trials);

/// The best of `trials`, which are not empty and not all failed, as Hydra's Optuna sweeper says it, and then some.
std::string optimization_results(const SearchSpace& space, std::vector<SearchTrial> trials);

}  // namespace lx
