// Tokens come in blocks of 256. Of a block, x is packed once and 32 columns of dy at a time, so that two tokens'
// numbers lie beside each other: dpbf16 adds both products to a float32 sum. Tiles of 11 outputs x 32 inputs are summed
// in registers (22 of the 32).
#include "ops/weight_gradient.h"

#include "ops/precision.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#define LX_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#endif

namespace lx {

#if defined(__x86_64__)
namespace {

struct WeightGradient {
  static constexpr int64_t kPairs = 128, kGroup = 32, kFewestTokens = 64;
  static constexpr int kTile = 11;  // the last of three in a group has 10

  const uint16_t *dy, *x;
  int64_t dy_stride, x_stride, tokens, inputs;
  float* out;

  /// What a tile asks the cache for while it computes: rows of the next group of dy.
  struct Ahead {
    const uint16_t* rows;
    int64_t stride, count;
  };

  /// 32 columns of two tokens, pairwise: columns 0-3, 8-11, 16-19, 24-27 in `low`, the others in `high`.
  LX_BF16 static void interleave(const uint16_t* row, int64_t stride, bool two, __m512i& low, __m512i& high) {
    const __m512i a = _mm512_loadu_si512(row);
    const __m512i b = two ? _mm512_loadu_si512(row + stride) : _mm512_setzero_si512();
    low = _mm512_unpacklo_epi16(a, b);
    high = _mm512_unpackhi_epi16(a, b);
  }

  /// The 32 numbers of `low` and `high` in the order of their columns.
  LX_BF16 static void in_order(__m512i low, __m512i high, __m512i& first, __m512i& second) {
    const __m512i before = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i behind = _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    first = _mm512_permutex2var_epi32(low, before, high);
    second = _mm512_permutex2var_epi32(low, behind, high);
  }

  /// x of tokens [from, from + count) -> [inputs / 32][kPairs][low, high].
  LX_BF16 void pack_x(int64_t from, int64_t count, uint32_t* to) const {
    for (int64_t t = 0; t < count; t += 2) {
      for (int64_t c = 0; c < inputs; c += kGroup) {
        __m512i low, high;
        interleave(x + (from + t) * x_stride + c, x_stride, t + 1 < count, low, high);
        _mm512_storeu_si512(to + c * kPairs + t * 16, low);
        _mm512_storeu_si512(to + c * kPairs + t * 16 + 16, high);
      }
    }
  }

  /// 32 columns of dy -> [kPairs][32], in order.
  LX_BF16 void pack_dy(int64_t from, int64_t count, int64_t column, uint32_t* to) const {
    for (int64_t t = 0; t < count; t += 2) {
      __m512i low, high, first, second;
      interleave(dy + (from + t) * dy_stride + column, dy_stride, t + 1 < count, low, high);
      in_order(low, high, first, second);
      _mm512_storeu_si512(to + t * 16, first);
      _mm512_storeu_si512(to + t * 16 + 16, second);
    }
  }

  template <int kRows>
  LX_BF16 static void tile(const uint32_t* of_dy, const uint32_t* of_x, int64_t pairs, float* to, int64_t stride,
                           bool first_block, const Ahead& ahead) {
    for (int64_t r = 0; r < ahead.count; ++r) __builtin_prefetch(ahead.rows + r * ahead.stride, 0, 2);
    __m512 low[kRows], high[kRows];
#pragma GCC unroll 11
    for (int i = 0; i < kRows; ++i) {
      __builtin_prefetch(to + i * stride, 1);
      __builtin_prefetch(to + i * stride + 16, 1);
      low[i] = high[i] = _mm512_setzero_ps();
    }
    for (int64_t p = 0; p < pairs; ++p) {
      const auto a = (__m512bh)_mm512_loadu_si512(of_x + p * 32);
      const auto b = (__m512bh)_mm512_loadu_si512(of_x + p * 32 + 16);
#pragma GCC unroll 11
      for (int i = 0; i < kRows; ++i) {
        const auto y = (__m512bh)_mm512_set1_epi32(static_cast<int>(of_dy[p * 32 + i]));
        low[i] = _mm512_dpbf16_ps(low[i], a, y);
        high[i] = _mm512_dpbf16_ps(high[i], b, y);
      }
    }
#pragma GCC unroll 11
    for (int i = 0; i < kRows; ++i) {
      __m512i first, second;
      in_order(_mm512_castps_si512(low[i]), _mm512_castps_si512(high[i]), first, second);
      float* row = to + i * stride;
      __m512 s = _mm512_castsi512_ps(first), t = _mm512_castsi512_ps(second);
      if (!first_block) {
        s = _mm512_add_ps(s, _mm512_loadu_ps(row));
        t = _mm512_add_ps(t, _mm512_loadu_ps(row + 16));
      }
      _mm512_storeu_ps(row, s);
      _mm512_storeu_ps(row + 16, t);
    }
  }

  /// Rows [begin, end) of the result; buffers as packed above.
  LX_BF16 void rows(int64_t begin, int64_t end, uint32_t* of_x, uint32_t* of_dy) const {
    for (int64_t from = 0; from < tokens; from += 2 * kPairs) {
      const int64_t count = std::min(tokens - from, 2 * kPairs), pairs = (count + 1) / 2;
      pack_x(from, count, of_x);
      for (int64_t n = begin; n < end; n += kGroup) {
        pack_dy(from, count, n, of_dy);
        const bool last = n + kGroup >= end;
        const int64_t next = last ? from + 2 * kPairs : from;
        Ahead ahead{dy + std::min(next, tokens) * dy_stride + (last ? begin : n + kGroup), dy_stride, 0};
        const int64_t coming = std::clamp<int64_t>(tokens - next, 0, 2 * kPairs);
        ahead.count = (coming + inputs / kGroup - 1) / (inputs / kGroup);
        for (int64_t c = 0; c < inputs; c += kGroup) {
          float* to = out + n * inputs + c;
          const uint32_t* panel = of_x + c * kPairs;
          const bool fresh = from == 0;
          const Ahead none{nullptr, 0, 0};
          tile<kTile>(of_dy, panel, pairs, to, inputs, fresh, ahead);
          tile<kTile>(of_dy + kTile, panel, pairs, to + kTile * inputs, inputs, fresh, none);
          tile<kGroup - 2 * kTile>(of_dy + 2 * kTile, panel, pairs, to + 2 * kTile * inputs, inputs, fresh, none);
          ahead.rows += ahead.count * dy_stride;
          ahead.count = std::min(ahead.count, std::max<int64_t>(0, coming - (c / kGroup + 1) * ahead.count));
        }
      }
    }
  }
};

}  // namespace

bool takes_weight_gradient(const Tensor& dy, const Tensor& x) {
  const auto fits = [](const Tensor& m) {
    return m.scalar_type() == at::kBFloat16 && m.stride(1) == 1 && m.size(1) % WeightGradient::kGroup == 0;
  };
  return native_bf16() && fits(dy) && fits(x) && x.size(0) >= WeightGradient::kFewestTokens;
}

Tensor weight_gradient(const Tensor& dy, const Tensor& x) {
  const int64_t outputs = dy.size(1), inputs = x.size(1);
  Tensor out = at::empty({outputs, inputs}, x.options().dtype(at::kFloat));
  const auto numbers = [](const Tensor& m) { return reinterpret_cast<const uint16_t*>(m.data_ptr<at::BFloat16>()); };
  const WeightGradient work{numbers(dy), numbers(x), dy.stride(0),         x.stride(0),
                            x.size(0),   inputs,     out.data_ptr<float>()};
  const int64_t groups = outputs / WeightGradient::kGroup;
  const int64_t share = (groups + at::get_num_threads() - 1) / at::get_num_threads();  // x is packed once a share
  at::parallel_for(0, groups, share, [&](int64_t begin, int64_t end) {
    const Tensor buffer = at::empty({(inputs + WeightGradient::kGroup) * WeightGradient::kPairs}, at::kInt);
    auto* of_x = reinterpret_cast<uint32_t*>(buffer.data_ptr<int>());
    work.rows(begin * WeightGradient::kGroup, end * WeightGradient::kGroup, of_x,
              of_x + inputs * WeightGradient::kPairs);
  });
  return out;
}
#else
bool takes_weight_gradient(const Tensor&, const Tensor&) { return false; }
Tensor weight_gradient(const Tensor& dy, const Tensor& x) { return at::matmul(dy.t(), x).to(at::kFloat); }
#endif

}  // namespace lx
