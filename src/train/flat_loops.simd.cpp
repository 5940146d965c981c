// One pass over values, gradients and moments: each number is read and written once.
#include "train/flat_loops.h"

namespace lx::LX_SIMD {
namespace {

float sign(float x) { return static_cast<float>(static_cast<int>(x > 0) - static_cast<int>(x < 0)); }

void adamw(int64_t n, float* __restrict values, const float* __restrict gradients, float* __restrict first,
           float* __restrict second, const AdamWStep& step) {
  const auto scale = static_cast<float>(step.scale), keep = static_cast<float>(step.keep);
  const auto fresh1 = static_cast<float>(1 - step.beta1), beta2 = static_cast<float>(step.beta2);
  const auto fresh2 = static_cast<float>(1 - step.beta2), root = static_cast<float>(step.root);
  const auto eps = static_cast<float>(step.eps), rate = static_cast<float>(step.rate);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float gradient = gradients[i] * scale;
    const float m = first[i] + fresh1 * (gradient - first[i]);
    const float v = beta2 * second[i] + fresh2 * gradient * gradient;
    first[i] = m;
    second[i] = v;
    values[i] = keep * values[i] - rate * m / (__builtin_sqrtf(v) / root + eps);
  }
}

void lion(int64_t n, float* __restrict values, const float* __restrict gradients, float* __restrict momentum,
          const LionStep& step) {
  const auto scale = static_cast<float>(step.scale), keep = static_cast<float>(step.keep);
  const auto fresh1 = static_cast<float>(1 - step.beta1), fresh2 = static_cast<float>(1 - step.beta2);
  const auto rate = static_cast<float>(step.rate);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float change = gradients[i] * scale - momentum[i];
    values[i] = keep * values[i] - rate * sign(momentum[i] + fresh1 * change);
    momentum[i] += fresh2 * change;
  }
}

void tiger(int64_t n, float* __restrict values, const float* __restrict gradients, float* __restrict momentum,
           const TigerStep& step) {
  const auto scale = static_cast<float>(step.scale), fresh = static_cast<float>(1 - step.beta);
  const auto decay = static_cast<float>(step.decay), rate = static_cast<float>(step.rate);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    momentum[i] += fresh * (gradients[i] * scale - momentum[i]);
    values[i] -= rate * (sign(momentum[i]) + decay * values[i]);
  }
}

void draw_to(int64_t n, float* __restrict average, const float* __restrict values, double share) {
  const auto part = static_cast<float>(share);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) average[i] += part * (values[i] - average[i]);
}

// Squares of floats are exact in double, and the lanes are fixed: only the order written here decides the sum.
double square_sum(int64_t n, const float* values) {
  constexpr int64_t kLanes = 16;
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
#pragma omp simd
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      lanes[lane] += value * value;
    }
  }
  for (int64_t lane = 0; i < n; ++i, ++lane) lanes[lane] += static_cast<double>(values[i]) * values[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

const FlatLoops flat_loops{adamw, lion, tiger, draw_to, square_sum};

}  // namespace lx::LX_SIMD
