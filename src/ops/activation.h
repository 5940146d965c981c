// What stands between two products of a feed-forward part: one pass forward, one backward, which computes anew from
// what was read. float32 and bfloat16 on the CPU run fused, in float32 arithmetic; all else through the plain twins.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// x P(N(0,1) < x) (Hendrycks and Gimpel 2016, arXiv 1606.08415), not its approximations. Any shape. With grad off it
/// is written over x where nobody else holds x's memory, as the next two are: give x away (std::move).
Tensor gelu(Tensor x);
/// x sigmoid(x).
Tensor silu(Tensor x);
/// max(x, 0)^2 (So et al. 2021, arXiv 2109.08668).
Tensor squared_relu(Tensor x);

/// x [...,2N] = [a|b] -> silu(a) b [...,N] (Shazeer 2020, arXiv 2002.05202).
Tensor swiglu(const Tensor& x);

/// a b, elementwise, of equal shapes and types.
Tensor times(const Tensor& a, const Tensor& b);

/// The plain ATen twins.
Tensor gelu_reference(const Tensor& x);
Tensor silu_reference(const Tensor& x);
Tensor squared_relu_reference(const Tensor& x);
Tensor swiglu_reference(const Tensor& x);

}  // namespace lx
