// What an optimizer does to flat buffers (parameters.h), in one pass over memory: steps are bound by how often each
// number travels. float32 on the CPU runs fused, in chunks that do not depend on the number of threads; everything else
// takes the plain ATen twin. All tensors are contiguous and of one shape; without gradient recording.
#pragma once

#include "tensor/tensor.h"
#include "train/flat_loops.h"

namespace lx {

/// keep values, first <- lerp(first, g, 1 - beta1), second <- beta2 second + (1 - beta2) g^2 with g = scale gradients;
/// values -= rate first / (sqrt(second) / root + eps).
void adamw_step(const Tensor& values, const Tensor& gradients, const Tensor& first, const Tensor& second,
                const AdamWStep& step);
void adamw_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& first, const Tensor& second,
                          const AdamWStep& step);

/// values <- keep values - rate sign(lerp(momentum, g, 1 - beta1)); momentum <- lerp(momentum, g, 1 - beta2).
void lion_step(const Tensor& values, const Tensor& gradients, const Tensor& momentum, const LionStep& step);
void lion_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& momentum, const LionStep& step);

/// momentum <- lerp(momentum, g, 1 - beta); values -= rate size (sign(momentum) + decay values), where size is the root
/// mean square of the values, or smallest_rms when that is larger.
enum class TigerSize {
  one,    // not scaled
  whole,  // of the parameter
  row     // of each row (last dimension) by itself
};
void tiger_step(const Tensor& values, const Tensor& gradients, const Tensor& momentum, TigerSize size,
                double smallest_rms, const TigerStep& step);
void tiger_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& momentum, TigerSize size,
                          double smallest_rms, const TigerStep& step);

/// average <- lerp(average, values, share).
void draw_to(const Tensor& average, const Tensor& values, double share);

/// Sum of squares, in float64.
double square_sum(const Tensor& flat);

}  // namespace lx
