// Where tokens stand, per band of distance. "Two rotations inside and outside a window" (ReRoPE) are two bands, each
// with its own positions; whatever turns vectors turns the positions each band carries.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace lx {

constexpr int64_t kFromEverywhere = std::numeric_limits<int64_t>::min() / 4;

/// Positions used where the distance i - j is at least `from` (and below the next band's `from`).
struct Band {
  int64_t from = kFromEverywhere;
  Tensor query;  // [Tq] or [B,Tq] float64
  Tensor key;    // [Tk] or [B,Tk] float64
};

/// Sorted by `from`; the first holds from everywhere.
using Bands = std::vector<Band>;

/// Puts `band` in its place. Bands at a higher `from` stay and keep their part.
void insert_band(Bands& bands, Band band);

/// The band that the distance 0 falls into: true positions, unless a modifier moved them.
const Band& home_band(const Bands& bands);

}  // namespace lx
