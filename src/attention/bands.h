// Where tokens stand, per band of distance. "Two rotations inside and outside a window" (ReRoPE) are two bands, each
// with its own positions; whatever turns vectors turns the positions each band carries, and biases are looked up at
// them: a pair of tokens has one relative position, whoever reads it.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace lx {

constexpr int64_t kFromEverywhere = std::numeric_limits<int64_t>::min() / 4;

/// Positions used where the distance is at least `from` (and below the next band's `from`).
struct Band {
  int64_t from = kFromEverywhere;
  Tensor query;                 // [Tq] or [B,Tq] float64
  Tensor key;                   // [Tk] or [B,Tk] float64
  Tensor query_down, key_down;  // alike, along a second axis (grids); undefined: the same as along the first
};

struct Bands {
  std::vector<Band> list;  // sorted by `from`; the first holds from everywhere
  /// Distance is floor(i / unit) - floor(j / unit): 1 counts tokens, a chunk's width counts chunks.
  int64_t unit = 1;

  /// Puts `band` in its place. Bands at a higher `from` stay and keep their part.
  void insert(Band band);
  /// The band that the distance 0 falls into: true positions, unless a modifier moved them.
  const Band& home() const;
  Band& home();
};

}  // namespace lx
