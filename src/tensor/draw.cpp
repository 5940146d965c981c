#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

template <class Draw>
Tensor filled(at::IntArrayRef shape, Draw draw) {
  Tensor tensor = at::empty(shape, at::kFloat);
  float* data = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) data[i] = static_cast<float>(draw());
  return tensor;
}

}  // namespace

Tensor normal_tensor(Random& random, at::IntArrayRef shape) {
  return filled(shape, [&] { return random.normal(); });
}

Tensor truncated_normal_tensor(Random& random, at::IntArrayRef shape) {
  return filled(shape, [&] {
    double x = random.normal();
    while (std::abs(x) > 2) x = random.normal();
    return x;
  });
}

Tensor uniform_tensor(Random& random, at::IntArrayRef shape, double low, double high) {
  return filled(shape, [&] { return low + (high - low) * random.uniform(); });
}

}  // namespace lx
