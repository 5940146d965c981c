#include "attention/tile.h"

#include "ops/precision.h"

#include <libxsmm.h>

#include <cstring>

namespace lx {
namespace {

struct GeneratedTiles {
  /// libxsmm's target: 0 where it generates nothing.
  static int target() {
    static const int level = [] {
      libxsmm_init();
      return libxsmm_get_target_archid();
    }();
    return level;
  }

  using Function = void (*)(const void*, const void*, void*);

  static Function find(const TileShape& s) {
    if (target() < LIBXSMM_X86_AVX2) return nullptr;
    const auto m = static_cast<libxsmm_blasint>(s.m), n = static_cast<libxsmm_blasint>(s.n),
               k = static_cast<libxsmm_blasint>(s.k), lda = static_cast<libxsmm_blasint>(s.ldy),
               ldb = static_cast<libxsmm_blasint>(s.ldx), ldc = static_cast<libxsmm_blasint>(s.ldc);
    const float alpha = 1, beta = s.add ? 1 : 0;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    if (s.type == TileType::fp32) {
      const int flags = LIBXSMM_GEMM_FLAG_NONE;
      return reinterpret_cast<Function>(
          libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch));
    }
    if (target() < LIBXSMM_X86_AVX512_CPX) return nullptr;
    const int flags = LIBXSMM_GEMM_FLAG_VNNI_A;
    return reinterpret_cast<Function>(
        libxsmm_bsmmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch));
  }
};

struct PlainTiles {
  static float widen(uint32_t high) {
    float value;
    std::memcpy(&value, &high, sizeof value);
    return value;
  }

  static void fp32(const TileShape& s, const float* x, const float* y, float* c) {
    for (int64_t n = 0; n < s.n; ++n) {
      float* row = c + n * s.ldc;
      if (!s.add) std::memset(row, 0, static_cast<size_t>(s.m) * sizeof(float));
      for (int64_t k = 0; k < s.k; ++k) {
        const float factor = x[n * s.ldx + k];
        const float* other = y + k * s.ldy;
        for (int64_t m = 0; m < s.m; ++m) row[m] += factor * other[m];
      }
    }
  }

  static void bf16(const TileShape& s, const uint16_t* x, const uint32_t* y, float* c) {
    for (int64_t n = 0; n < s.n; ++n) {
      float* row = c + n * s.ldc;
      if (!s.add) std::memset(row, 0, static_cast<size_t>(s.m) * sizeof(float));
      for (int64_t p = 0; p < s.k / 2; ++p) {
        const uint16_t* pair = x + n * s.ldx + 2 * p;
        const float low = widen(static_cast<uint32_t>(pair[0]) << 16),
                    high = widen(static_cast<uint32_t>(pair[1]) << 16);
        const uint32_t* other = y + p * s.ldy;
        for (int64_t m = 0; m < s.m; ++m) row[m] += low * widen(other[m] << 16) + high * widen(other[m] & 0xffff0000u);
      }
    }
  }
};

}  // namespace

TileProduct::TileProduct(const TileShape& shape) : shape_(shape), generated_(GeneratedTiles::find(shape)) {}

void TileProduct::operator()(const void* x, const void* y, float* c) const {
  if (generated_) {
    generated_(y, x, c);
  } else if (shape_.type == TileType::fp32) {
    PlainTiles::fp32(shape_, static_cast<const float*>(x), static_cast<const float*>(y), c);
  } else {
    PlainTiles::bf16(shape_, static_cast<const uint16_t*>(x), static_cast<const uint32_t*>(y), c);
  }
}

bool native_bf16_tiles() { return native_bf16() && GeneratedTiles::target() >= LIBXSMM_X86_AVX512_CPX; }

}  // namespace lx
