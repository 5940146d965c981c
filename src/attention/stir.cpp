#include "attention/stir.h"

#include "tensor/draw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace lx {

void stir(const Stack& stack) {
  const at::NoGradGuard off;
  uint64_t seed = 1;
  for (const Stack::Item& item : stack.items()) {
    for (const Parameter& p : item.modifier->parameters()) {
      Random random = Random(seed++).fork(item.name).fork(p.name);
      const Tensor noise = normal_tensor(random, p.tensor.sizes()).mul_(0.3);
      p.tensor.add_(noise.to(p.tensor.device(), p.tensor.scalar_type()));
    }
  }
}

void make_exact(const Stack& stack) {
  for (const Stack::Item& item : stack.items())
    for (const Parameter& p : item.modifier->parameters()) p.tensor.set_data(p.tensor.to(at::kDouble));
}

}  // namespace lx
