#include "sweep/search_rungs.h"

#include "base/error.h"

#include <cmath>

namespace lx {

std::vector<SearchRung> halving_rungs(int64_t trials, int64_t eta, std::optional<int64_t> first, int64_t full,
                                      const std::string& key) {
  std::vector<SearchRung> rungs;
  for (int64_t left = trials; left >= 1; left /= eta) rungs.push_back({left, {}});
  double share = std::pow(static_cast<double>(eta), static_cast<double>(rungs.size() - 1));
  const double last = first ? static_cast<double>(*first) * share : static_cast<double>(full);
  require(last < 1e15, "hydra.sweeper: {} rungs from {}={} on come to more than can be counted", rungs.size(), key,
          first.value_or(1));
  require(last >= share,
          "{}={} is too little for the {} rungs of {} trials: give at least {}, or fewer hydra.sweeper.n_trials, or "
          "hydra.sweeper.min_resource",
          key, full, rungs.size(), trials, share);
  for (SearchRung& rung : rungs) {
    rung.resource = std::llround(last / share);
    share /= static_cast<double>(eta);
  }
  return rungs;
}

}  // namespace lx
