// Root-mean-square normalisation (Zhang and Sennrich 2019, arXiv 1910.07467).
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// x / sqrt(mean(x^2) + eps) * gain over the last dimension. gain [C] or undefined. float32 on the CPU runs fused.
Tensor rms_norm(const Tensor& x, const Tensor& gain, double eps);

/// The plain ATen twin: any dtype, any device.
Tensor rms_norm_reference(const Tensor& x, const Tensor& gain, double eps);

}  // namespace lx
