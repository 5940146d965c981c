// The rungs of successive halving: how many trials each has, and with how much budget.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct SearchRung {
  int64_t trials = 0;
  std::optional<int64_t> resource;  // empty: what the configuration says
};

/// Successive halving (Jamieson & Talwalkar 2016): `trials` begin, the best 1/eta of each rung (rounded down, at least
/// one) go on with eta times the budget, until one is left. The budgets begin at `first`, or end at `full` where
/// `first` is empty; throws Error naming `key` when `full` is too little for that.
std::vector<SearchRung> halving_rungs(int64_t trials, int64_t eta, std::optional<int64_t> first, int64_t full,
                                      const std::string& key);

}  // namespace lx
