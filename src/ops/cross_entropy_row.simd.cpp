// The loops of ops/cross_entropy_row.h. NaN and infinity come through to the loss, so that callers see them.
#include "ops/cross_entropy_row.h"

#include <bit>
#include <cmath>

namespace lx::LX_SIMD {
namespace {

/// e^x for x <= 0, relative error below 2e-7; below e^-87 exactly 0. NaN stays NaN.
inline float exp_of(float x) {
  constexpr float kRound = 12582912.F;  // 1.5 * 2^23: added, it leaves the nearest whole number in the lowest bits
  const float bounded = x < -87.F ? -87.F : x;
  const float shifted = bounded * 1.44269504F + kRound;
  const float whole = shifted - kRound;
  const float f = (bounded - whole * 0.693359375F) + whole * 2.12194440e-4F;  // ln 2 in two parts
  float p = 1.9875691e-4F;
  p = p * f + 1.3981999e-3F;
  p = p * f + 8.3334519e-3F;
  p = p * f + 4.1665795e-2F;
  p = p * f + 1.6666665e-1F;
  p = p * f + 5.0000001e-1F;
  p = p * f * f + f + 1.F;
  const float power = std::bit_cast<float>((std::bit_cast<uint32_t>(shifted) << 23) + (127U << 23));
  return x < -87.F ? 0.F : p * power;
}

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
  for (int64_t i = 0; i < n; ++i) sum += exp_of(x[i] - peaks.most);
  return peaks.loss(sum, total(x, n) / static_cast<float>(n));
}

CrossEntropyRow::Loss differentiate(float* x, int64_t n, int64_t target, float smoothing, float z) {
  const Peaks peaks(x, n, target);
  const float mean = smoothing > 0 ? total(x, n) / static_cast<float>(n) : peaks.wanted;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) {
    const float e = exp_of(x[i] - peaks.most);
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
