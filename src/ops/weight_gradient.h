// The product of a linear map's backward pass over its weight, in bfloat16, for ops/ only. Both factors lie across the
// sum over tokens, and oneDNN loses a sixth of the roof on turning one of them; here only neighbouring tokens are
// interleaved, which is all that the processor's bfloat16 products ask for.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// Whether weight_gradient() takes factors of these shapes; else oneDNN does: native_bf16() processors, bfloat16
/// matrices with dense rows, widths that are multiples of 32, and enough tokens to pay.
bool takes_weight_gradient(const Tensor& dy, const Tensor& x);

/// dy [M,outputs] transposed x x [M,inputs] -> [outputs,inputs] float32. The order of its sums, and so its bits, do not
/// depend on the number of threads.
Tensor weight_gradient(const Tensor& dy, const Tensor& x);

}  // namespace lx
