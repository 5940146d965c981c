// The average lies flat like the parameters: one operation a group.
#include "train/ema.h"

#include "ops/product.h"
#include "train/flat_steps.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace lx {

Ema::Ema(Parameters& parameters, double decay) : parameters_(parameters), decay_(decay) {
  for (const ParameterGroup& group : parameters_.groups()) average_.push_back(group.values.clone());
}

void Ema::update(int64_t step) {
  const at::NoGradGuard no_grad;
  const double count = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + count) / (10 + count));
  for (size_t i = 0; i < average_.size(); ++i) draw_to(average_[i], parameters_.groups()[i].values, 1 - decay);
}

NamedTensors Ema::state() const {
  NamedTensors state;
  for (size_t i = 0; i < average_.size(); ++i)
    for (const Slot& slot : parameters_.groups()[i].slots) state.emplace_back(slot.name, slot.view(average_[i]));
  return state;
}

void Ema::swap() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) {
    const Tensor weights = parameters_.groups()[i].values;
    const Tensor kept = weights.clone();
    weights.copy_(average_[i]);
    average_[i].copy_(kept);
  }
  weights_changed();
}

}  // namespace lx
