// The loops of ops/gated_unit.h, over dense rows.
#pragma once

#include <cstdint>

namespace lx {

struct GatedForward {
  int64_t rows = 0, inner = 0, shared = 0;
  const void* projected = nullptr;                           // [rows, 2 inner + shared]
  const float *query_gain = nullptr, *query_bias = nullptr;  // [shared]
  const float *key_gain = nullptr, *key_bias = nullptr;
  void *gate = nullptr, *value = nullptr, *query = nullptr, *key = nullptr;
};

struct GatedBackward {
  int64_t rows = 0, inner = 0, shared = 0;
  const void* projected = nullptr;
  const float *query_gain = nullptr, *key_gain = nullptr;
  const void *gate = nullptr, *value = nullptr, *query = nullptr, *key = nullptr;  // their gradients
  void* d_projected = nullptr;
  // [shared], added to.
  float *query_gain_slope = nullptr, *query_bias_slope = nullptr, *key_gain_slope = nullptr, *key_bias_slope = nullptr;
};

/// By type: [0] float32, [1] bfloat16.
struct GatedUnitLoops {
  void (*forward[2])(const GatedForward&);
  void (*backward[2])(const GatedBackward&);
};

namespace plain {
extern const GatedUnitLoops gated_unit_loops;
}
namespace avx512 {
extern const GatedUnitLoops gated_unit_loops;
}

}  // namespace lx
