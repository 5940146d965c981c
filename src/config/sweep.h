// From overrides that stand for several values to one list of overrides a job.
#pragma once

#include <string>
#include <vector>

namespace lx::config {

/// `encoding=rope,kna seed=1,2` -> four lists, the last override changing fastest, each value as it was typed. Simple
/// sweeps (k=a,b) and k=choice(a,b). Throws Error for the sweeps of a search (interval, tag) and for range and glob.
std::vector<std::vector<std::string>> expand_sweep(const std::vector<std::string>& overrides);

}  // namespace lx::config
