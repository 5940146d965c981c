// The loops of attention/tile_loops.h. Plain code that compilers vectorise: every inner loop runs over lanes.
#include "attention/tile_loops.h"

#include "ops/simd_math.h"

#include <cmath>

namespace lx::LX_SIMD {
namespace {

constexpr float kNothing = -INFINITY;

using Eight = uint32_t __attribute__((vector_size(32), aligned(4)));

/// Eight rows of eight words, turned in registers.
inline void transpose_eight(uint32_t* to, int64_t ld_to, const uint32_t* from, int64_t ld_from) {
  Eight r[8], s[8];
  for (int i = 0; i < 8; ++i) r[i] = *reinterpret_cast<const Eight*>(from + i * ld_from);
  for (int i = 0; i < 8; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = 0; j < 2; ++j) {
      r[i + j] = __builtin_shufflevector(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + j + 2] = __builtin_shufflevector(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; ++j) {
    *reinterpret_cast<Eight*>(to + j * ld_to) = __builtin_shufflevector(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *reinterpret_cast<Eight*>(to + (j + 4) * ld_to) =
        __builtin_shufflevector(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

void transpose(uint32_t* to, int64_t ld_to, const uint32_t* from, int64_t ld_from, int64_t rows, int64_t columns,
               int64_t fill) {
  const int64_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
  for (int64_t c = 0; c < whole_columns; c += 8)
    for (int64_t r = 0; r < whole_rows; r += 8)
      transpose_eight(to + c * ld_to + r, ld_to, from + r * ld_from + c, ld_from);
  for (int64_t c = whole_columns; c < columns; ++c)
    for (int64_t r = 0; r < whole_rows; ++r) to[c * ld_to + r] = from[r * ld_from + c];
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = whole_rows; r < rows; ++r) to[c * ld_to + r] = from[r * ld_from + c];
    for (int64_t r = rows; r < fill; ++r) to[c * ld_to + r] = 0;
  }
}

void pair_floats(uint32_t* __restrict words, const float* low, const float* high, int64_t count) {
  if (!high) {
    for (int64_t c = 0; c < count; ++c) words[c] = upper_half(low[c]) >> 16;
    return;
  }
  for (int64_t c = 0; c < count; ++c) words[c] = (upper_half(high[c]) & 0xffff0000U) | (upper_half(low[c]) >> 16);
}

void pair_halves(uint32_t* __restrict words, const uint16_t* low, const uint16_t* high, int64_t count) {
  if (!high) {
    for (int64_t c = 0; c < count; ++c) words[c] = low ? low[c] : 0U;
    return;
  }
  for (int64_t c = 0; c < count; ++c) words[c] = (static_cast<uint32_t>(high[c]) << 16) | low[c];
}

void round_to_bf16(uint16_t* __restrict to, const float* __restrict from, int64_t count) {
  for (int64_t c = 0; c < count; ++c) to[c] = static_cast<uint16_t>(upper_half(from[c]) >> 16);
}

void widen(float* __restrict to, const uint16_t* __restrict from, int64_t count) {
  for (int64_t c = 0; c < count; ++c) to[c] = wide(from[c]);
}

void hide(float* row, int32_t low, int32_t high) {
  for (int32_t i = 0; i < kLanes; ++i) row[i] = i >= low && i < high ? row[i] : kNothing;
}

void merge(float* __restrict row, const float* __restrict other, int32_t low) {
  for (int32_t i = 0; i < kLanes; ++i) row[i] = i >= low ? other[i] : row[i];
}

void add(float* __restrict row, const float* __restrict bias) {
  for (int64_t i = 0; i < kLanes; ++i) row[i] += bias[i];
}

void add_from_table(float* __restrict row, const float* __restrict table, const int32_t* __restrict place,
                    int32_t shift, int32_t last) {
  for (int64_t i = 0; i < kLanes; ++i) {
    int32_t index = place[i] - shift;
    index = index < 0 ? 0 : index;
    index = index > last ? last : index;
    row[i] += table[index];
  }
}

void add_decay(float* __restrict row, const float* __restrict decay, float key) {
  for (int64_t i = 0; i < kLanes; ++i) row[i] -= std::fabs(decay[i] - key);
}

bool soften(float* __restrict tile, int64_t rows, float* __restrict largest, float* __restrict sum,
            float* __restrict factor) {
  float top[kLanes], shift[kLanes], total[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) top[i] = largest[i];
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = tile + r * kLanes;
    for (int64_t i = 0; i < kLanes; ++i) top[i] = row[i] > top[i] ? row[i] : top[i];
  }
  int changed = 0;
  for (int64_t i = 0; i < kLanes; ++i) {
    shift[i] = top[i] == kNothing ? 0.F : top[i] * kLog2E;  // a lane that has seen nothing yet stays at zero weight
    factor[i] = power_of_two(largest[i] * kLog2E - shift[i]);
    changed |= top[i] != largest[i];
    largest[i] = top[i];
    total[i] = 0;
  }
  for (int64_t r = 0; r < rows; ++r) {
    float* row = tile + r * kLanes;
    for (int64_t i = 0; i < kLanes; ++i) {
      const float weight = power_of_two(row[i] * kLog2E - shift[i]);
      row[i] = weight;
      total[i] += weight;
    }
  }
  for (int64_t i = 0; i < kLanes; ++i) sum[i] = sum[i] * factor[i] + total[i];
  return changed != 0;
}

void scale(float* __restrict tile, int64_t rows, const float* __restrict factor) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < kLanes; ++i) tile[r * kLanes + i] *= factor[i];
}

void weigh(float* __restrict tile, int64_t rows, const float* __restrict total) {
  float shift[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) shift[i] = total[i] * kLog2E;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < kLanes; ++i) tile[r * kLanes + i] = power_of_two(tile[r * kLanes + i] * kLog2E - shift[i]);
}

void slope(float* __restrict slopes, const float* __restrict weights, int64_t rows, const float* __restrict delta) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < kLanes; ++i) {
      const float value = weights[r * kLanes + i] * (slopes[r * kLanes + i] - delta[i]);
      slopes[r * kLanes + i] = value;
    }
}

float decay_slope(float* __restrict sum, const float* __restrict slopes, const float* __restrict decay, float key) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < kLanes; ++i) {
    const float gap = decay[i] - key;
    const float signed_slope = gap > 0 ? slopes[i] : gap < 0 ? -slopes[i] : 0.F;
    sum[i] -= signed_slope;
    total += signed_slope;
  }
  return total;
}

void accumulate(float* __restrict sum, const float* __restrict row, int32_t low, int32_t high) {
  for (int32_t i = low; i < high; ++i) sum[i] += row[i];
}

float dot(const float* a, const void* b, bool bf16, int64_t count) {
  float total = 0;
  if (bf16) {
    const auto* halves = static_cast<const uint16_t*>(b);
#pragma omp simd reduction(+ : total)
    for (int64_t c = 0; c < count; ++c) total += a[c] * wide(halves[c]);
  } else {
    const auto* floats = static_cast<const float*>(b);
#pragma omp simd reduction(+ : total)
    for (int64_t c = 0; c < count; ++c) total += a[c] * floats[c];
  }
  return total;
}

void add_scaled(float* __restrict to, float factor, const void* from, bool bf16, int64_t count) {
  if (bf16) {
    const auto* __restrict halves = static_cast<const uint16_t*>(from);
    for (int64_t c = 0; c < count; ++c) to[c] += factor * wide(halves[c]);
  } else {
    const auto* __restrict floats = static_cast<const float*>(from);
    for (int64_t c = 0; c < count; ++c) to[c] += factor * floats[c];
  }
}

float dot_rows(const void* a, const void* b, bool bf16, int64_t count) {
  if (!bf16) return dot(static_cast<const float*>(a), b, false, count);
  const auto *x = static_cast<const uint16_t*>(a), *y = static_cast<const uint16_t*>(b);
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t c = 0; c < count; ++c) total += wide(x[c]) * wide(y[c]);
  return total;
}

float exponentials(float* x, int64_t count, float largest) {
  const float shift = largest * kLog2E;
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t c = 0; c < count; ++c) {
    const float weight = power_of_two(x[c] * kLog2E - shift);
    x[c] = weight;
    total += weight;
  }
  return total;
}

}  // namespace

extern const TileLoops tile_loop_table;
const TileLoops tile_loop_table{transpose,   pair_floats,    pair_halves, round_to_bf16, widen,    hide,        merge,
                                add,         add_from_table, add_decay,   soften,        scale,    weigh,       slope,
                                decay_slope, accumulate,     dot,         add_scaled,    dot_rows, exponentials};

}  // namespace lx::LX_SIMD
