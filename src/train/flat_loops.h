// The loops behind flat_steps.h, built for each instruction set (base/simd.h): float32, one stretch of memory each.
#pragma once

#include <cstdint>

namespace lx {

/// What multiplies what in one step of AdamW.
struct AdamWStep {
  double scale = 1;  // of the gradients, as they are read
  double keep = 1;   // of the values, before the step: decoupled decay
  double beta1 = 0.9, beta2 = 0.95;
  double root = 1;  // of the second moment's bias correction
  double eps = 1e-8;
  double rate = 0;  // the first moment's bias correction included
};

struct LionStep {
  double scale = 1, keep = 1;  // as above
  double beta1 = 0.9, beta2 = 0.99;
  double rate = 0;
};

struct TigerStep {
  double scale = 1;  // as above
  double beta = 0.965;
  double decay = 0;  // of the values, within the step
  double rate = 0;   // of this stretch: the parameter's size included
};

struct FlatLoops {
  void (*adamw)(int64_t n, float* values, const float* gradients, float* first, float* second, const AdamWStep& step);
  void (*lion)(int64_t n, float* values, const float* gradients, float* momentum, const LionStep& step);
  void (*tiger)(int64_t n, float* values, const float* gradients, float* momentum, const TigerStep& step);
  void (*draw_to)(int64_t n, float* average, const float* values, double share);
  double (*square_sum)(int64_t n, const float* values);  // the same bits with every instruction set
};

namespace plain {
extern const FlatLoops flat_loops;
}
#ifdef LX_SIMD_WIDE
namespace avx512 {
extern const FlatLoops flat_loops;
}
#endif

}  // namespace lx
