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

/// For bfloat16, which keeps eight bits: odd polynomials fitted on [-4.5, 4.5], values within 2e-5 |x| and slopes
/// within 1e-4; beyond, 0 or x.
struct ShortGelu {
  static constexpr float kEnd = 4.5F;

  static float inside(float x) {
    x = x < -kEnd ? -kEnd : x;
    return x > kEnd ? kEnd : x;
  }
  static float value(float x) {
    const float at = inside(x), t = at * at;
    float p = 3.8057099e-11F;
    p = p * t - 4.0023311e-9F;
    p = p * t + 1.8461713e-7F;
    p = p * t - 4.9597466e-6F;
    p = p * t + 8.7276748e-5F;
    p = p * t - 0.0010767398F;
    p = p * t + 0.0097294928F;
    p = p * t - 0.06624044F;
    p = p * t + 0.39886649F;
    return x < -kEnd ? 0.F : x * (0.5F + at * p);
  }
  static float slope(float x) {
    const float at = inside(x), t = at * at;
    float p = -2.210831e-11F;
    p = p * t + 2.5213451e-9F;
    p = p * t - 1.2680637e-7F;
    p = p * t + 3.7219557e-6F;
    p = p * t - 7.1222201e-5F;
    p = p * t + 0.00094054349F;
    p = p * t - 0.0088158642F;
    p = p * t + 0.058609311F;
    p = p * t - 0.26492568F;
    p = p * t + 0.79762614F;
    return x < -kEnd ? 0.F : 0.5F + at * p;
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
    .gelu = {values<Gelu, float>, values<ShortGelu, Half>},
    .silu = {values<Silu, float>, values<Silu, Half>},
    .squared_relu = {values<SquaredRelu, float>, values<SquaredRelu, Half>},
    .gelu_slope = {slopes<Gelu, float>, slopes<ShortGelu, Half>},
    .silu_slope = {slopes<Silu, float>, slopes<Silu, Half>},
    .squared_relu_slope = {slopes<SquaredRelu, float>, slopes<SquaredRelu, Half>},
    .swiglu = {swiglu<float>, swiglu<Half>},
    .swiglu_slope = {swiglu_slope<float>, swiglu_slope<Half>},
    .times = {times<float>, times<Half>},
    .times_slopes = {times_slopes<float>, times_slopes<Half>},
};

}  // namespace lx::LX_SIMD
