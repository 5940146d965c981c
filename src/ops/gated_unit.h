// What a gated attention unit makes of its one projection (Hua et al. 2022, arXiv 2202.10447): an activation over all
// of it, and queries and keys from the stretch that both share.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// How queries or keys come from the shared stretch: s * gain + bias.
struct GatedSide {
  Tensor gain, bias;  // [S], a bias may be undefined
};

struct GatedParts {
  Tensor gate, value;  // [B,T,E]
  Tensor query, key;   // [B,T,S]
};

/// projected [B,T,2E+S] = [U|V|Z] -> gate = silu(U), value = silu(V), query and key = silu(Z) gain + bias. Types as
/// projected's. float32 and bfloat16 on the CPU: one pass, and one backward that computes anew from what was projected.
GatedParts gated_parts(const Tensor& projected, const GatedSide& query, const GatedSide& key);

/// The plain ATen twin.
GatedParts gated_parts_reference(const Tensor& projected, const GatedSide& query, const GatedSide& key);

}  // namespace lx
