// How fast position turns a vector. Encodings edit theta (a complex frequency when growth is there); this file turns.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// Channel pair m of the first 2P channels turns by position * theta[m]; channels m and m + P form a pair (half-split).
/// Undefined theta: nothing turns (NoPE). growth (xPos): queries also grow by exp(position * growth[m]), keys shrink.
struct Frequencies {
  Tensor theta;   // [P] float64, P <= D/2
  Tensor growth;  // [P] float64; undefined: none

  bool turning() const { return theta.defined(); }
};

enum class Side { query, key };

/// x [B,H,T,D] turned at `positions` ([T] or [B,T], float64) and multiplied by `gain` (undefined, or broadcastable to
/// [B,H,T]). Angles are computed in float64, so that far positions keep their phase. Undefined theta: gain only.
Tensor turn(const Tensor& x, const Tensor& positions, const Frequencies& frequencies, const Tensor& gain, Side side);

}  // namespace lx
