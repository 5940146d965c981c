// Losses of seeds on documents with a known truth: effects of the seed, of the document, and of both.
#pragma once

#include "base/random.h"
#include "eval/bootstrap.h"

#include <cmath>
#include <vector>

namespace lx {

struct CrossedEffects {
  double seed = 0, document = 0, both = 0;  // standard deviations
  double truth = 0;
};

/// Document counts of log-normal sizes.
inline std::vector<double> draw_counts(Random& random, size_t documents) {
  std::vector<double> counts;
  for (size_t d = 0; d < documents; ++d) counts.push_back(std::ceil(100 * std::exp(0.7 * random.normal())));
  return counts;
}

inline CrossedClusters draw_crossed(Random& random, size_t seeds, const std::vector<double>& counts,
                                    const CrossedEffects& effects) {
  std::vector<double> level;
  for (size_t d = 0; d < counts.size(); ++d) level.push_back(effects.truth + effects.document * random.normal());
  CrossedClusters out;
  for (size_t s = 0; s < seeds; ++s) {
    const double own = effects.seed * random.normal();
    std::vector<Cluster>& row = out.emplace_back();
    for (size_t d = 0; d < counts.size(); ++d)
      row.push_back({counts[d] * (level[d] + own + effects.both * random.normal()), counts[d]});
  }
  return out;
}

/// b's losses on the tokens of a: both share the documents' levels.
inline CrossedClusters sum_of(const CrossedClusters& a, const CrossedClusters& b) {
  CrossedClusters out = a;
  for (size_t s = 0; s < a.size(); ++s)
    for (size_t d = 0; d < a[s].size(); ++d) out[s][d].sum += b[s][d].sum;
  return out;
}

}  // namespace lx
