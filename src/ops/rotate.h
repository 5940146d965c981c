// Turning pairs of channels by angles given as tables: the one rotation behind every rotary encoding.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// Pairs (m, m + D/2): out[m] = x[m] cos - x[m+D/2] sin, out[m+D/2] = x[m] sin + x[m+D/2] cos.
/// x [B,H,T,D], any strides; cosine and sine [T,D/2], [1,1,T,D/2] or [B,1,T,D/2] of x's dtype; the result is
/// contiguous. Differentiable in x alone (tables that need a gradient take the plain path). float32 on the CPU runs
/// fused.
Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine);

/// The plain ATen twin: any dtype, any device, differentiable in everything.
Tensor rotate_reference(const Tensor& x, const Tensor& cosine, const Tensor& sine);

}  // namespace lx
