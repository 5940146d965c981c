// Normalisation over channels, alone or in one pass with the residual sum that it reads. Layer normalisation (Ba et al.
// 2016, arXiv 1607.06450) and by the root mean square (Zhang and Sennrich 2019, arXiv 1910.07467).
#pragma once

#include "tensor/tensor.h"

namespace lx {

struct RowNorm {
  bool centred = true;  // true: (x - mean(x)) / sqrt(var(x) + eps); false: x / sqrt(mean(x^2) + eps)
  Tensor gain, bias;    // [C], behind it; undefined: none
  double eps = 1e-5;
};

/// x [...,C] -> [...,C] of the given type, over the last dimension. float32 and bfloat16 on the CPU run fused, whatever
/// the strides, and compute in float32; all else computes and gives x's type.
Tensor norm_rows(const Tensor& x, const RowNorm& norm, at::ScalarType type);

struct JoinedNorm {
  Tensor sum;     // alpha x + branch, of x's type
  Tensor normed;  // its norm, of the type asked for
};

/// x [...,C] the residual stream, branch [...,C] what joins it (bfloat16 perhaps). Differentiable in x, branch, gain
/// and bias. With grad off the sum is written over x where nobody else holds x's memory: give x away (std::move).
/// float32 streams on the CPU run fused.
JoinedNorm join_and_norm(Tensor x, const Tensor& branch, double alpha, const RowNorm& norm, at::ScalarType type);

/// The plain ATen twins: any dtype, any device.
Tensor norm_rows_reference(const Tensor& x, const RowNorm& norm, at::ScalarType type);
JoinedNorm join_and_norm_reference(const Tensor& x, const Tensor& branch, double alpha, const RowNorm& norm,
                                   at::ScalarType type);

}  // namespace lx
