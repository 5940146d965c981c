// What a search searches: read from the command line and hydra.sweeper, before any of its cells is planned.
#pragma once

#include "sweep/plan.h"
#include "sweep/sampler.h"
#include "sweep/search_config.h"
#include "sweep/search_rungs.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct SearchSpace {
  std::string sweeper;  // random | quasi_random | halving
  SearchConfig config;
  std::vector<config::SweepAxis> axes;  // fixed settings and those searched, in order of first mention
  SweepAxes common;                     // experiment files, and the configuration in the middle of the space
  std::vector<SearchRung> rungs;        // one, unless it is halving
  std::unique_ptr<PointSampler> sampler;
  SweepPlan plan;  // without cells: its id is that of the search's definition, whatever points it will come to

  /// The settings of a trial on a rung.
  Point point(int64_t trial, const SearchRung& rung) const;
};

/// Empty when hydra/sweeper is basic. Throws Error for what cannot be searched.
std::optional<SearchSpace> read_search_space(const ConfigRequest& request);

}  // namespace lx
