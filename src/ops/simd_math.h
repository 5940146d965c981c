// Numbers for loops in x.simd.cpp (base/simd.h): bfloat16 in and out, and the functions that activations are made of,
// in float32 and without branches, so that compilers make vectors of them.
#pragma once

#include <bit>
#include <cstdint>

namespace lx::LX_SIMD {

/// bfloat16 as its bits: the upper half of a float.
using Half = uint16_t;

inline float wide(float x) { return x; }
inline float wide(Half x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }

/// The nearest bfloat16, ties to even, in the upper half of the bits; the lower half is not cleared. Of what is no
/// number only those with few bits survive, as processors make them.
inline uint32_t upper_half(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return bits + 0x7fffU + ((bits >> 16) & 1U);
}

template <class T>
inline T narrow(float x);
template <>
inline float narrow<float>(float x) {
  return x;
}
/// To the nearest, ties to even; what is no number stays none.
template <>
inline Half narrow<Half>(float x) {
  return static_cast<Half>((upper_half(x) >> 16) | (x != x ? 0x7fc0U : 0U));
}

/// e^x for x <= 88, relative error below 1.5e-7; below -87 what it is there.
inline float exponential(float x) {
  x = x < -87.F ? -87.F : x;
  constexpr float kRound = 12582912.F + 127.F;     // what is added to 1.5 * 2^23 loses its fraction
  const float shifted = x * 1.44269504F + kRound;  // its last bits: the exponent of 2^n
  const float n = shifted - kRound;
  float r = x - n * 0.693359375F;  // ln 2 in two parts: the first has few bits, so n times it is exact
  r = r + n * 2.12194440e-4F;
  float p = 0.00138152089F;  // (e^r - 1 - r) / r^2 on [-ln 2 / 2, ln 2 / 2], fitted
  p = p * r + 0.00836878515F;
  p = p * r + 0.0416683903F;
  p = p * r + 0.166665201F;
  p = p * r + 0.499999934F;
  p = p * r * r + r + 1.F;
  return p * std::bit_cast<float>(std::bit_cast<uint32_t>(shifted) << 23);
}

/// e^x for x <= 0 as weights of a softmax: exactly 0 below -87. What is no number stays none.
inline float exponential_or_zero(float x) { return x < -87.F ? 0.F : exponential(x); }

/// 2^x for x <= 0 or so, relative error below 1e-7 (a polynomial on [-1/2, 1/2]); exactly 0 from -127 down. The softmax
/// of attention raises powers of two: its scale takes the logarithm's base in.
inline float power_of_two(float x) {
  x = x < -127.F ? -127.F : x;
  const float whole = __builtin_nearbyintf(x);
  const float f = x - whole;
  float p = 1.5353362e-4F;
  p = p * f + 1.3398874e-3F;
  p = p * f + 9.6184373e-3F;
  p = p * f + 5.5503324e-2F;
  p = p * f + 2.4022648e-1F;
  p = p * f + 6.9314720e-1F;
  p = p * f + 1.F;
  return p * std::bit_cast<float>(static_cast<uint32_t>(static_cast<int32_t>(whole) + 127) << 23);
}

inline float sigmoid(float x) {
  const float e = exponential(-__builtin_fabsf(x)), s = 1.F / (1.F + e);
  return x < 0.F ? e * s : s;
}

/// The standard normal distribution at x.
struct Normal {
  float below;  // P(X < x), error below 1.5e-7 of the smaller tail, or of 1 above the middle
  float density;
};

/// The smaller tail is the density times Mills' ratio, which is fitted in t = 1 / (1 + 0.33 |x|) up to |x| = 13.
inline Normal normal(float x) {
  const float size = __builtin_fabsf(x);
  const float e = exponential(-0.5F * size * size);
  const float t = 1.F / (1.F + 0.33F * size);
  float p = -0.0211830771F;
  p = p * t + 0.124867961F;
  p = p * t - 0.270793793F;
  p = p * t + 0.228646275F;
  p = p * t - 0.0592150657F;
  p = p * t + 0.12292388F;
  p = p * t + 0.110794648F;
  p = p * t + 0.132339058F;
  p = p * t + 0.131620139F;
  const float tail = e * p * t;
  return {x < 0.F ? tail : 1.F - tail, e * 0.398942280F};
}

}  // namespace lx::LX_SIMD
