// Dropout (Srivastava et al. 2014) that remembers a number instead of a mask.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// x, each element zero with probability `rate` and else divided by 1 - rate. Draws one number from the CPU's generator
/// of at::manual_seed; which elements go is a function of it and of their place, whatever the threads. float32 and
/// bfloat16 on the CPU; all else is at::dropout.
Tensor dropout(const Tensor& x, double rate);

}  // namespace lx
