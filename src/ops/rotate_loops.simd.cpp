// The loop of ops/rotate_loops.h.
#include "ops/rotate_loops.h"

#include "ops/simd_math.h"

namespace lx::LX_SIMD {
namespace {

/// near and far: channels from one pair to the next where x is read and where it is written (1 halves, 2 neighbours).
template <class T, int near, int far>
void rotate(const RotateRows& r) {
  const int64_t pairs = r.pairs, second_in = near == 1 ? pairs : 1, second_out = far == 1 ? pairs : 1;
  for (int64_t row = 0; row < r.rows; ++row) {
    const T* in = static_cast<const T*>(r.x) + row * r.step;
    T* out = static_cast<T*>(r.out) + row * r.width;
    const float *cosine = r.cosine + row * pairs, *sine = r.sine + row * pairs;
    const float gain = r.gain ? r.gain[row * r.gain_step] : 1.F, turn = gain * r.direction;
#pragma omp simd
    for (int64_t m = 0; m < pairs; ++m) {
      const float c = cosine[m] * gain, s = sine[m] * turn;
      const float first = wide(in[near * m]), second = wide(in[near * m + second_in]);
      out[far * m] = narrow<T>(first * c - second * s);
      out[far * m + second_out] = narrow<T>(first * s + second * c);
    }
#pragma omp simd
    for (int64_t c = 2 * pairs; c < r.width; ++c) out[c] = narrow<T>(wide(in[c]) * gain);
  }
}

}  // namespace

const RotateLoops rotate_loops{.halves = {rotate<float, 1, 1>, rotate<Half, 1, 1>},
                               .from_neighbours = {rotate<float, 2, 1>, rotate<Half, 2, 1>},
                               .to_neighbours = {rotate<float, 1, 2>, rotate<Half, 1, 2>}};

}  // namespace lx::LX_SIMD
