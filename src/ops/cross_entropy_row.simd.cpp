// The loops of ops/cross_entropy_row.h. NaN and infinity come through to the loss, so that callers see them.
#include "ops/cross_entropy_row.h"

#include "ops/simd_math.h"

#include <cmath>

namespace lx::LX_SIMD {
namespace {

inline float largest(const float* x, int64_t n) {
  float most = -INFINITY;
#pragma omp simd reduction(max : most)
  for (int64_t i = 0; i < n; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

inline float total(const float* x, int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  return sum;
}

/// What both loops know of a row once its largest logit and its sum of e^(x - largest) are there.
struct Peaks {
  float before, after, most;  // the largest logit before the target, from it on, and of all
  float wanted;               // the target's own

  Peaks(const float* x, int64_t n, int64_t target)
      : before(largest(x, target)),
        after(largest(x + target, n - target)),
        most(before > after ? before : after),
        wanted(x[target]) {}

  CrossEntropyRow::Loss loss(float sum, float mean) const {
    CrossEntropyRow::Loss loss;
    loss.log_sum = most + std::log(sum);
    loss.nats = loss.log_sum - wanted;
    loss.spread = loss.log_sum - mean;
    loss.hit = wanted > before && wanted >= after;
    return loss;
  }
};

CrossEntropyRow::Loss judge(const float* x, int64_t n, int64_t target) {
  const Peaks peaks(x, n, target);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += exponential_or_zero(x[i] - peaks.most);
  return peaks.loss(sum, total(x, n) / static_cast<float>(n));
}

CrossEntropyRow::Loss differentiate(float* x, int64_t n, int64_t target, float smoothing, float z) {
  const Peaks peaks(x, n, target);
  const float mean = smoothing > 0 ? total(x, n) / static_cast<float>(n) : peaks.wanted;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) {
    const float e = exponential_or_zero(x[i] - peaks.most);
    x[i] = e;
    sum += e;
  }
  const CrossEntropyRow::Loss loss = peaks.loss(sum, mean);
  const float share = (1 + 2 * z * loss.log_sum) / sum, even = smoothing / static_cast<float>(n);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) x[i] = x[i] * share - even;
  x[target] -= 1 - smoothing;
  return loss;
}

}  // namespace

extern const CrossEntropyRow cross_entropy_row{judge, differentiate};

}  // namespace lx::LX_SIMD
