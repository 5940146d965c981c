// The loop of ops/dropout_loops.h.
#include "ops/dropout_loops.h"

#include "ops/simd_math.h"

namespace lx::LX_SIMD {
namespace {

/// Every bit of the result depends on every bit of x (the finaliser of MurmurHash3).
inline uint32_t mixed(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bU;
  x = (x ^ (x >> 13)) * 0xc2b2ae35U;
  return x ^ (x >> 16);
}

template <class T>
void drop(const DropoutPiece& p) {
  T* y = static_cast<T*>(p.y);
  const T* x = static_cast<const T*>(p.x);
  const uint32_t first = p.first_key, second = p.second_key, below = p.below, count = static_cast<uint32_t>(p.count);
  const float factor = p.factor;
#pragma omp simd
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t drawn = mixed(mixed(i + first) ^ second);
    y[i] = narrow<T>(drawn < below ? 0.F : wide(x[i]) * factor);
  }
}

}  // namespace

const DropoutLoops dropout_loops{{drop<float>, drop<Half>}};

}  // namespace lx::LX_SIMD
