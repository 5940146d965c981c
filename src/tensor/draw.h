// Tensors filled from a named random stream (base/random.h). Always drawn on the CPU in float64 order, so that a seed
// gives the same numbers on every device and for every dtype.
#pragma once

#include "base/random.h"
#include "tensor/tensor.h"

namespace lx {

Tensor normal_tensor(Random& random, at::IntArrayRef shape);  // float32, mean 0, deviation 1
/// Normal, redrawn outside two deviations; deviation 1 before the cut, as in TensorFlow's initialiser.
Tensor truncated_normal_tensor(Random& random, at::IntArrayRef shape);                  // float32
Tensor uniform_tensor(Random& random, at::IntArrayRef shape, double low, double high);  // float32, in [low, high)

}  // namespace lx
