// The loops of ops/norm.h, for rows that lie `step` elements apart; dense where no step is given.
#pragma once

#include <cstdint>

namespace lx {

struct NormForward {
  int64_t rows = 0, width = 0;
  bool centred = true;
  float eps = 0, alpha = 1;
  const float* x = nullptr;                      // joins: s = alpha x + branch; null: s = branch
  const void* branch = nullptr;                  // [rows,width]
  int64_t step = 0;                              // of branch
  const float *gain = nullptr, *bias = nullptr;  // [width]; a bias comes with a gain
  float* sum = nullptr;                          // s, where it is kept; may be x
  void* out = nullptr;
  float *mean = nullptr, *inverse = nullptr;  // [rows] of s, where they are kept
  float* scratch = nullptr;                   // [width]
};

struct NormBackward {
  int64_t rows = 0, width = 0;
  bool centred = true;
  float alpha = 1;
  const void* s = nullptr;  // what was normalised
  int64_t step = 0;         // of s
  const float *mean = nullptr, *inverse = nullptr, *gain = nullptr;
  const void* d_out = nullptr;
  const float* d_sum = nullptr;                // what reaches s beside the norm; null: nothing
  float* d_x = nullptr;                        // alpha times the gradient of s; null: not asked
  void* d_branch = nullptr;                    // the gradient of s; null: not asked
  float *d_gain = nullptr, *d_bias = nullptr;  // [width], added to; a null d_bias: not asked
  float* scratch = nullptr;                    // [width]
};

/// Types: 0 float32, 1 bfloat16.
struct NormLoops {
  void (*forward[2][2])(const NormForward&);       // by the types of branch and out
  void (*backward[2][2][2])(const NormBackward&);  // by the types of s, out and branch
};

namespace plain {
extern const NormLoops norm_loops;
}
namespace avx512 {
extern const NormLoops norm_loops;
}

}  // namespace lx
