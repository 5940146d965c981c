// Small dense products of what lies in cache: the arithmetic of fused attention. Kernels are generated for this
// processor by libxsmm; where it cannot, plain loops do the same.
#pragma once

#include <cstdint>

namespace lx {

/// What factors are made of. Sums are float32 always.
enum class TileType { fp32, bf16 };

/// Elements in a 32-bit word: 1 or 2.
constexpr int64_t per_word(TileType type) { return type == TileType::bf16 ? 2 : 1; }

/// C [n][m] (+)= X [n][k] Y [k][m]. X and C are row-major. Y is row-major words of 32 bits: for bf16, the word (p, c)
/// holds Y[2p][c] in its low and Y[2p+1][c] in its high half, so k must be even. Strides (`ld…`) count elements of a
/// row of X and C, words of a row of Y.
struct TileShape {
  TileType type;
  int64_t m, n, k, ldx, ldy, ldc;
  bool add;  // into C, which is overwritten otherwise
};

class TileProduct {
 public:
  TileProduct() = default;
  explicit TileProduct(const TileShape& shape);
  void operator()(const void* x, const void* y, float* c) const;

 private:
  TileShape shape_{};
  void (*generated_)(const void*, const void*, void*) = nullptr;  // takes Y, X, C, as libxsmm orders them
};

/// bf16 tiles run on instructions made for them: without, float32 tiles are faster.
bool native_bf16_tiles();

}  // namespace lx
