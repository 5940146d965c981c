// The loops of ops/activation_loops.h: value and slope of each function, computed in float32 from what stood before it.
#include "ops/activation_loops.h"

#include "ops/simd_math.h"

namespace lx::LX_SIMD {
namespace {

struct Gelu {
  static float value(float x) { return x * normal(x).below; }
  static float slope(float x) {
    const Normal n = normal(x);
    return n.below + x * n.density;
  }
};

struct Silu {
  static float value(float x) { return x * sigmoid(x); }
  static float slope(float x) {
    const float s = sigmoid(x);
    return s + x * s * (1.F - s);
  }
};

struct SquaredRelu {
  static float value(float x) { return x > 0.F ? x * x : x != x ? x : 0.F; }
  static float slope(float x) { return x > 0.F ? 2.F * x : 0.F; }
};

template <class F, class T>
void values(void* y_any, const void* x_any, int64_t count) {
  T* y = static_cast<T*>(y_any);
  const T* x = static_cast<const T*>(x_any);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = narrow<T>(F::value(wide(x[i])));
}

template <class F, class T>
void slopes(void* dx_any, const void* dy_any, const void* x_any, int64_t count) {
  T* dx = static_cast<T*>(dx_any);
  const T *dy = static_cast<const T*>(dy_any), *x = static_cast<const T*>(x_any);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) dx[i] = narrow<T>(wide(dy[i]) * F::slope(wide(x[i])));
}

template <class T>
void swiglu(void* y_any, const void* x_any, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r) {
    T* y = static_cast<T*>(y_any) + r * width;
    const T *a = static_cast<const T*>(x_any) + 2 * r * width, *b = a + width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) y[i] = narrow<T>(Silu::value(wide(a[i])) * wide(b[i]));
  }
}

template <class T>
void swiglu_slope(void* dx_any, const void* dy_any, const void* x_any, int64_t rows, int64_t width) {
  for (int64_t r = 0; r < rows; ++r) {
    T *da = static_cast<T*>(dx_any) + 2 * r * width, *db = da + width;
    const T* dy = static_cast<const T*>(dy_any) + r * width;
    const T *a = static_cast<const T*>(x_any) + 2 * r * width, *b = a + width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float up = wide(dy[i]), x = wide(a[i]), s = sigmoid(x);
      da[i] = narrow<T>(up * wide(b[i]) * (s + x * s * (1.F - s)));
      db[i] = narrow<T>(up * x * s);
    }
  }
}

template <class T>
void times(void* y_any, const void* a_any, const void* b_any, int64_t count) {
  T* y = static_cast<T*>(y_any);
  const T *a = static_cast<const T*>(a_any), *b = static_cast<const T*>(b_any);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) y[i] = narrow<T>(wide(a[i]) * wide(b[i]));
}

template <class T>
void times_slopes(void* da_any, void* db_any, const void* dy_any, const void* a_any, const void* b_any, int64_t count) {
  T *da = static_cast<T*>(da_any), *db = static_cast<T*>(db_any);
  const T *dy = static_cast<const T*>(dy_any), *a = static_cast<const T*>(a_any), *b = static_cast<const T*>(b_any);
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float up = wide(dy[i]);
    da[i] = narrow<T>(up * wide(b[i]));
    db[i] = narrow<T>(up * wide(a[i]));
  }
}

}  // namespace

const ActivationLoops activation_loops{
    .gelu = {values<Gelu, float>, values<Gelu, Half>},
    .silu = {values<Silu, float>, values<Silu, Half>},
    .squared_relu = {values<SquaredRelu, float>, values<SquaredRelu, Half>},
    .gelu_slope = {slopes<Gelu, float>, slopes<Gelu, Half>},
    .silu_slope = {slopes<Silu, float>, slopes<Silu, Half>},
    .squared_relu_slope = {slopes<SquaredRelu, float>, slopes<SquaredRelu, Half>},
    .swiglu = {swiglu<float>, swiglu<Half>},
    .swiglu_slope = {swiglu_slope<float>, swiglu_slope<Half>},
    .times = {times<float>, times<Half>},
    .times_slopes = {times_slopes<float>, times_slopes<Half>},
};

}  // namespace lx::LX_SIMD
