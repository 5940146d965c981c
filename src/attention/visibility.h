// Who sees whom. Three attention masks are one number: prefix 0 is a causal language model, prefix = length of the
// source a UniLM, prefix = T an encoder (and cross-attention).
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace lx {

constexpr int64_t kAll = int64_t{1} << 40;  // a window that hides nothing

/// Query i sees key j, at distance d = i - j, when all three hold:
///   order:  d >= 0 (mirrored: d <= 0), or j < prefix
///   near:   |d| < window, or j < sinks
///   there:  j < lengths
struct Visibility {
  Tensor prefix;   // [B] int64; undefined: 0
  Tensor lengths;  // [B] int64: keys that exist, the rest is padding; undefined: all
  int64_t window = kAll;
  int64_t sinks = 0;      // leading keys that every window still shows (attention sinks)
  bool mirrored = false;  // the future instead of the past

  /// bool, [1,1,rows,keys] or [B,1,rows,keys] for queries first_query.. against keys [first_key, last_key).
  Tensor mask(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const;

  /// Stretches of keys that hold everything these queries can see: sorted, disjoint, not empty; at most two.
  std::vector<std::pair<int64_t, int64_t>> key_spans(int64_t first_query, int64_t rows, int64_t keys) const;

  /// True when each of these queries sees each of these keys, whatever the example: no mask is needed.
  bool all_visible(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const;

  /// How many of `keys` keys each query sees: float64, [1,1,rows] or [B,1,rows].
  Tensor count(int64_t first_query, int64_t rows, int64_t keys) const;

  /// True when a query may see nothing at all (padding, or a mirrored window over absent keys).
  bool may_be_blind() const { return lengths.defined(); }
};

}  // namespace lx
