// How fast position turns a vector. Encodings edit theta (a complex frequency when growth is there); this file turns.
#pragma once

#include "tensor/tensor.h"

namespace lx {

struct Band;

/// Channel pair m of the first 2P channels turns by position * theta[m]. Undefined theta: nothing turns (NoPE).
/// growth (xPos): queries also grow by exp(position * growth[m]), keys shrink.
struct Frequencies {
  Tensor theta;              // [P] float64, P <= D/2
  Tensor growth;             // [P] float64; undefined: none
  Tensor down;               // [P] bool: pairs that turn by the second axis of a grid; undefined: none
  bool interleaved = false;  // pairs are (2m, 2m+1); otherwise (m, m+P), "half-split"

  bool turning() const { return theta.defined(); }
};

enum class Side { query, key };

/// x [B,H,T,D] turned at its side's positions in `band` and multiplied by `gain` (undefined, or broadcastable to
/// [B,H,T]). Angles are computed in float64, so that far positions keep their phase. Undefined theta: gain only.
/// Interleaved pairs come out half-split: queries and keys alike, so that no product changes.
Tensor turn(const Tensor& x, const Band& band, const Frequencies& frequencies, const Tensor& gain, Side side);

}  // namespace lx
