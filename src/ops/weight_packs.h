// Weights as products in bf16 read them: converted from float32 and laid out for oneDNN once, and used until the weight
// changes.
#pragma once

#include "tensor/tensor.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace lx {

/// In y = x W^T the weight is the [inputs, outputs] factor; in dx = dy W it is the [outputs, inputs] one.
enum class PackFor { forward, input_gradient };

/// weight [outputs,inputs], float32 or bfloat16 on the CPU. At most two packs live for a weight, together as large as
/// the weight itself in float32. A pack is made anew after the weight changed in a way that LibTorch saw (its version)
/// or that weights_changed() told of, and dropped after the weight's memory is gone. Any thread may ask.
dnnl::memory packed_weight(const Tensor& weight, PackFor purpose);

/// How many packs there are, of weights that still live.
int64_t pack_count();

}  // namespace lx
