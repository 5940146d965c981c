// Turning pairs of channels by angles given as tables: the one rotation behind every rotary encoding.
#pragma once

#include "tensor/tensor.h"

namespace lx {

enum class Pairs {
  halves,      // (m, m + P)
  neighbours,  // (2m, 2m + 1); they come out as halves, so that no product of two vectors changes
};

/// out[m] = x[m] cos - x[m+P] sin, out[m+P] = x[m] sin + x[m+P] cos for the P pairs of the tables, the other channels
/// as they are; all times `gain`.
/// x [B,H,T,D], any strides, 2P <= D; cosine and sine [T,P], [1,1,T,P] or [B,1,T,P], float32 (float64 for an x that
/// is); gain undefined, or broadcastable to [B,H,T], any type. The result is contiguous and of x's type. float32 and
/// bfloat16 on the CPU run fused, in float32 arithmetic; tables that need a gradient take the plain path, and a gain
/// that does is a pass of its own.
Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine, const Tensor& gain = {},
              Pairs pairs = Pairs::halves);

/// The plain ATen twin: any dtype, any device, differentiable in everything.
Tensor rotate_reference(const Tensor& x, const Tensor& cosine, const Tensor& sine, const Tensor& gain = {},
                        Pairs pairs = Pairs::halves);

}  // namespace lx
