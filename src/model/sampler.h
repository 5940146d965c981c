// From logits to the next token: the likeliest, or one drawn from a distribution that may be sharpened and cut.
#pragma once

#include "base/random.h"
#include "tensor/tensor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lx {

/// Applied in this order. A cut leaves the rest of the distribution in proportion.
struct Sampling {
  double temperature = 1;  // divides the logits; 0: always the likeliest token (greedy)
  int64_t top_k = 0;       // only the k likeliest; 0: all
  double top_p = 1;        // only the fewest likeliest that together have this probability; 1: all
};

/// Throws Error for values that mean nothing.
void check(const Sampling& sampling);

struct Candidate {
  int64_t token;
  double probability;
};

/// Of one token's logits. Throws Error for logits that are NaN or infinite, or all -inf (-inf: a token cannot come).
double highest_logit(std::span<const double> logits);

class Sampler {
 public:
  Sampler(Sampling sampling, Random random);

  /// What one token is drawn from: probabilities sum to 1. Likeliest first once anything is cut; of equals the smaller
  /// token comes first, so that a tie never depends on how a sort happens to work. Throws Error for logits that are NaN
  /// or infinite (-inf is a token that cannot come).
  std::vector<Candidate> candidates(std::span<const double> logits) const;

  /// logits [B,V], any dtype and device -> [B] int64 on the CPU. Each row has a random stream of its own, named by row
  /// and step: what it draws depends neither on the other rows nor on what was drawn before. `names`: what the rows are
  /// called when some have left the batch; empty: 0 to B - 1.
  Tensor choose(const Tensor& logits, int64_t step, std::span<const int64_t> names = {}) const;

 private:
  Sampling sampling_;
  Random random_;
};

}  // namespace lx
