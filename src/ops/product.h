// Matrix products: the bulk of all work. float32 on the CPU goes to oneDNN, which uses what the processor has (AVX-512
// included) and takes any strides and any batch in one call; all else goes to ATen.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// a [...,M,K] x b [...,K,N] -> [...,M,N]; the leading dimensions must be equal. Differentiable in both.
Tensor product(const Tensor& a, const Tensor& b);

/// x [...,inputs] x weight [outputs,inputs] transposed (+ bias [outputs]) -> [...,outputs].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// The plain twins.
Tensor product_reference(const Tensor& a, const Tensor& b);
Tensor linear_reference(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace lx
