// The loops of ops/activation.h, over dense memory.
#pragma once

#include <cstdint>

namespace lx {

/// By type: [0] float32, [1] bfloat16. A result may be written over what it is computed from.
struct ActivationLoops {
  using Forward = void (*)(void* y, const void* x, int64_t count);
  using Backward = void (*)(void* dx, const void* dy, const void* x, int64_t count);
  Forward gelu[2], silu[2], squared_relu[2];
  Backward gelu_slope[2], silu_slope[2], squared_relu_slope[2];

  // Rows [a|b] of 2 width -> silu(a) b of width.
  void (*swiglu[2])(void* y, const void* x, int64_t rows, int64_t width);
  void (*swiglu_slope[2])(void* dx, const void* dy, const void* x, int64_t rows, int64_t width);

  // a b, and both gradients of it.
  void (*times[2])(void* y, const void* a, const void* b, int64_t count);
  void (*times_slopes[2])(void* da, void* db, const void* dy, const void* a, const void* b, int64_t count);
};

namespace plain {
extern const ActivationLoops activation_loops;
}
namespace avx512 {
extern const ActivationLoops activation_loops;
}

}  // namespace lx
