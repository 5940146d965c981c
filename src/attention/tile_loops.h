// What fused attention does between its products, as loops over lanes: queries lie side by side along a vector (one
// lane each, kLanes in a tile), keys one below the other. Built for two instruction sets (base/simd.h).
#pragma once

#include <cstdint>

namespace lx {

constexpr int64_t kLanes = 64;  // queries in a tile
constexpr int64_t kBlock = 64;  // keys in a block

/// Natural logarithms times this are powers of two, which is what the loops raise.
constexpr float kLog2E = 1.4426950408889634F;

struct TileLoops {
  /// to [columns][ld_to] = transposed from [rows][ld_from], 32-bit words. Rows up to `fill` (>= rows) count as zero.
  void (*transpose)(uint32_t* to, int64_t ld_to, const uint32_t* from, int64_t ld_from, int64_t rows, int64_t columns,
                    int64_t fill);
  /// words[c] = bf16 of low[c] and high[c] side by side; of a null pointer: zero.
  void (*pair_floats)(uint32_t* words, const float* low, const float* high, int64_t count);
  void (*pair_halves)(uint32_t* words, const uint16_t* low, const uint16_t* high, int64_t count);
  void (*round_to_bf16)(uint16_t* to, const float* from, int64_t count);
  void (*widen)(float* to, const uint16_t* from, int64_t count);

  /// One row of a tile outside lanes [low, high): minus infinity.
  void (*hide)(float* row, int32_t low, int32_t high);
  /// Lanes from `low` on: row = other.
  void (*merge)(float* row, const float* other, int32_t low);
  /// row[i] += bias[i]
  void (*add)(float* row, const float* bias);
  /// row[i] += table[clamp(place[i] - shift, 0, last)]
  void (*add_from_table)(float* row, const float* table, const int32_t* place, int32_t shift, int32_t last);
  /// row[i] -= |decay[i] - key|
  void (*add_decay)(float* row, const float* decay, float key);

  /// A step of the online softmax over tile [rows][kLanes] of logits, which become exp(logit - largest). Updates
  /// largest[i] and sum[i]; factor[i] is what earlier weights must be multiplied with. False: all factors are 1.
  bool (*soften)(float* tile, int64_t rows, float* largest, float* sum, float* factor);
  /// tile [rows][kLanes] *= factor[i]
  void (*scale)(float* tile, int64_t rows, const float* factor);

  /// logits -> weights exp(logit - total[i])
  void (*weigh)(float* tile, int64_t rows, const float* total);
  /// slope = weights * (slope - delta[i]): the gradient of the logits
  void (*slope)(float* slope, const float* weights, int64_t rows, const float* delta);
  /// sum[i] -= slope[i] where decay[i] > key, += where below; returns the sum of slopes with that sign.
  float (*decay_slope)(float* sum, const float* slope, const float* decay, float key);
  /// sum[i] += row[i] for lanes [low, high)
  void (*accumulate)(float* sum, const float* row, int32_t low, int32_t high);

  /// Dot product, and to += factor * from, of float32 or bf16 rows: one query at a time.
  float (*dot)(const float* a, const void* b, bool bf16, int64_t count);
  void (*add_scaled)(float* to, float factor, const void* from, bool bf16, int64_t count);
  /// Dot product of two rows of one type.
  float (*dot_rows)(const void* a, const void* b, bool bf16, int64_t count);
  /// exp(x - largest) in place; returns the sum.
  float (*exponentials)(float* x, int64_t count, float largest);
};

const TileLoops& tile_loops();

}  // namespace lx
