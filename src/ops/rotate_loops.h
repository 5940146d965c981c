// The loop of ops/rotate.h, for rows of one head, steps in elements from row to row.
#pragma once

#include <cstdint>

namespace lx {

struct RotateRows {
  int64_t rows = 0, width = 0, pairs = 0;  // channels from 2 pairs on are multiplied by the gain alone
  const void* x = nullptr;
  int64_t step = 0;
  void* out = nullptr;                             // dense
  const float *cosine = nullptr, *sine = nullptr;  // [rows,pairs]
  const float* gain = nullptr;                     // null: one
  int64_t gain_step = 0;
  float direction = 1;  // -1: back
};

/// By type ([0] float32, [1] bfloat16). Pairs are halves apart; or read, or written, as neighbours.
struct RotateLoops {
  using Loop = void (*)(const RotateRows&);
  Loop halves[2], from_neighbours[2], to_neighbours[2];
};

namespace plain {
extern const RotateLoops rotate_loops;
}
namespace avx512 {
extern const RotateLoops rotate_loops;
}

}  // namespace lx
