#include "attention/stir.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace lx {

void stir(const Stack& stack) {
  const at::NoGradGuard off;
  uint64_t seed = 1;
  for (const Stack::Item& item : stack.items()) {
    for (const Parameter& p : item.modifier->parameters()) {
      Random random = Random(seed++).fork(item.name).fork(p.name);
      Tensor flat = at::empty({p.tensor.numel()}, at::kFloat);
      for (int64_t n = 0; n < flat.numel(); ++n) flat.data_ptr<float>()[n] = static_cast<float>(0.3 * random.normal());
      p.tensor.add_(flat.view(p.tensor.sizes()).to(p.tensor.device(), p.tensor.scalar_type()));
    }
  }
}

void make_exact(const Stack& stack) {
  for (const Stack::Item& item : stack.items())
    for (const Parameter& p : item.modifier->parameters()) p.tensor.set_data(p.tensor.to(at::kDouble));
}

}  // namespace lx
