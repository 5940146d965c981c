// Matrix products: the bulk of all work. On the CPU they go to oneDNN, which uses what the processor has (AVX-512 and
// its bfloat16 products included) and takes any strides and any batch in one call; all else goes to ATen.
//
// float32 and bfloat16 factors, mixed as they come, are multiplied in the working precision (ops/precision.h): float32,
// or bfloat16 factors with float32 sums. Factors of other types are multiplied as they are. Gradients have the type of
// what they are the gradient of: those of a float32 weight are float32 sums, never rounded to bfloat16.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// What a product of float32 and bfloat16 factors gives: the working type, or its float32 sums.
enum class Gives { working, float32 };

/// a [...,M,K] x b [...,K,N] -> [...,M,N]; the leading dimensions must be equal. Differentiable in both.
Tensor product(const Tensor& a, const Tensor& b, Gives gives = Gives::working);

/// x [...,inputs] x weight [outputs,inputs] transposed (+ bias [outputs]) -> [...,outputs]. In bf16 a weight is
/// converted and laid out once and used until it changes: see weights_changed().
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Gives gives = Gives::working);

/// Weights were written in a way that LibTorch does not count (through raw pointers, or through a tensor with a version
/// of its own): what linear() keeps of them is made anew. In-place operations of LibTorch on the weight need no call.
void weights_changed();

/// The plain twins: in bf16, ATen's float32 products of factors rounded to bfloat16, on which rounding is not
/// differentiated.
Tensor product_reference(const Tensor& a, const Tensor& b, Gives gives = Gives::working);
Tensor linear_reference(const Tensor& x, const Tensor& weight, const Tensor& bias, Gives gives = Gives::working);

}  // namespace lx
