// Who sees whom. Three attention masks are one number: prefix 0 is a causal language model, prefix = length of the
// source a UniLM, prefix = T an encoder (and cross-attention).
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace lx {

constexpr int64_t kAll = int64_t{1} << 40;  // a window that hides nothing

/// Which way a query looks: at what came before it, at what comes after it, at both. It always sees itself.
enum class Order { past, future, all };

/// Query i sees key j, at distance d = i - j, when all three hold:
///   order:  d >= 0 (future: d <= 0; all: always), or j < prefix
///   near:   |d| < window, and j's block is i's or one beside it; or j < sinks
///   there:  j < lengths
struct Visibility {
  Tensor prefix;          // [B] int64; undefined: 0
  Tensor lengths;         // [B] int64: keys that exist, the rest is padding; undefined: all
  int64_t window = kAll;  // reach in tokens
  int64_t sinks = 0;      // leading keys that every window still shows (attention sinks)
  int64_t block = 0;      // tokens in a block (xPos's blockwise causal attention); 0: no blocks
  Order order = Order::past;

  /// Something besides order and padding hides keys.
  bool narrow() const { return window < kAll || block > 0; }
  /// Some query may see keys behind its own place in the text. (A prefix of one token holds no key to look ahead to.)
  bool ahead() const;

  /// bool, [1,1,rows,keys] or [B,1,rows,keys] for queries first_query.. against keys [first_key, last_key).
  Tensor mask(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const;

  /// Stretches of keys that hold everything these queries can see: sorted, disjoint, not empty; at most two.
  std::vector<std::pair<int64_t, int64_t>> key_spans(int64_t first_query, int64_t rows, int64_t keys) const;

  /// True when each of these queries sees each of these keys, whatever the example: no mask is needed.
  bool all_visible(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const;

  /// How many of `keys` keys each query sees: float64, [1,1,rows] or [B,1,rows].
  Tensor count(int64_t first_query, int64_t rows, int64_t keys) const;

  /// True when a query may see nothing at all (padding, or the future of the last key).
  bool may_be_blind() const { return lengths.defined(); }
};

}  // namespace lx
