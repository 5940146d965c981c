// The loop of ops/dropout.h.
#pragma once

#include <cstdint>

namespace lx {

struct DropoutPiece {
  void* y = nullptr;
  const void* x = nullptr;
  int64_t count = 0;                       // below 2^32
  uint32_t first_key = 0, second_key = 0;  // which elements go
  uint32_t below = 0;                      // of 2^32: the rate
  float factor = 1;                        // of what stays
};

/// By type: [0] float32, [1] bfloat16.
struct DropoutLoops {
  void (*drop[2])(const DropoutPiece&);
};

namespace plain {
extern const DropoutLoops dropout_loops;
}
namespace avx512 {
extern const DropoutLoops dropout_loops;
}

}  // namespace lx
