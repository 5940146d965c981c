// The loops of ops/gated_unit_loops.h.
#include "ops/gated_unit_loops.h"

#include "ops/simd_math.h"

namespace lx::LX_SIMD {
namespace {

inline float silu_slope(float x, float s) { return s + x * s * (1.F - s); }

template <class T>
void activate(T* y, const T* x, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = narrow<T>(wide(x[i]) * sigmoid(wide(x[i])));
}

template <class T>
void activate_slope(T* dx, const T* dy, const T* x, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) dx[i] = narrow<T>(wide(dy[i]) * silu_slope(wide(x[i]), sigmoid(wide(x[i]))));
}

template <class T>
void gated_forward(const GatedForward& f) {
  for (int64_t r = 0; r < f.rows; ++r) {
    const T* x = static_cast<const T*>(f.projected) + r * (2 * f.inner + f.shared);
    activate(static_cast<T*>(f.gate) + r * f.inner, x, f.inner);
    activate(static_cast<T*>(f.value) + r * f.inner, x + f.inner, f.inner);
    const T* z = x + 2 * f.inner;
    T *query = static_cast<T*>(f.query) + r * f.shared, *key = static_cast<T*>(f.key) + r * f.shared;
#pragma omp simd
    for (int64_t c = 0; c < f.shared; ++c) {
      const float s = wide(z[c]) * sigmoid(wide(z[c]));
      query[c] = narrow<T>(s * f.query_gain[c] + f.query_bias[c]);
      key[c] = narrow<T>(s * f.key_gain[c] + f.key_bias[c]);
    }
  }
}

template <class T>
void gated_backward(const GatedBackward& b) {
  float *query_gain = b.query_gain_slope, *query_bias = b.query_bias_slope;
  float *key_gain = b.key_gain_slope, *key_bias = b.key_bias_slope;
  for (int64_t r = 0; r < b.rows; ++r) {
    const T* x = static_cast<const T*>(b.projected) + r * (2 * b.inner + b.shared);
    T* dx = static_cast<T*>(b.d_projected) + r * (2 * b.inner + b.shared);
    activate_slope(dx, static_cast<const T*>(b.gate) + r * b.inner, x, b.inner);
    activate_slope(dx + b.inner, static_cast<const T*>(b.value) + r * b.inner, x + b.inner, b.inner);
    const T* z = x + 2 * b.inner;
    T* dz = dx + 2 * b.inner;
    const T *query = static_cast<const T*>(b.query) + r * b.shared, *key = static_cast<const T*>(b.key) + r * b.shared;
#pragma omp simd
    for (int64_t c = 0; c < b.shared; ++c) {
      const float in = wide(z[c]), s = sigmoid(in), dq = wide(query[c]), dk = wide(key[c]);
      query_gain[c] += dq * in * s;
      query_bias[c] += dq;
      key_gain[c] += dk * in * s;
      key_bias[c] += dk;
      dz[c] = narrow<T>((dq * b.query_gain[c] + dk * b.key_gain[c]) * silu_slope(in, s));
    }
  }
}

}  // namespace

const GatedUnitLoops gated_unit_loops{{gated_forward<float>, gated_forward<Half>},
                                      {gated_backward<float>, gated_backward<Half>}};

}  // namespace lx::LX_SIMD
