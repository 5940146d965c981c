// Points of the unit cube for searches: independent ones, and a low-discrepancy sequence that spreads its first points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lx {

class PointSampler {
 public:
  virtual ~PointSampler() = default;
  PointSampler(const PointSampler&) = delete;
  PointSampler& operator=(const PointSampler&) = delete;

  /// Point number `index`, each coordinate in [0, 1). It depends on nothing but the seed and the number, so a search
  /// that is stopped and started again, or made longer, draws the same points.
  virtual std::vector<double> point(int64_t index) const = 0;

 protected:
  PointSampler() = default;
};

/// Independent and uniform. Each dimension has a stream named after it: one more of them leaves the others as they are.
std::unique_ptr<PointSampler> random_sampler(uint64_t seed, std::vector<std::string> names);

/// The Halton sequence (Halton 1960) in the first primes, each digit place of each dimension under a random permutation
/// of its own (Owen 2017, arXiv:1706.02808). In base b any b^k points in a row put one into each of b^k equal shares.
std::unique_ptr<PointSampler> halton_sampler(uint64_t seed, size_t dimensions);

}  // namespace lx
