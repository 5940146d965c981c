#include "attention/score_modifier.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {

Tensor ScoreModifier::parameter(std::string name, Tensor initial) {
  initial.set_requires_grad(true);
  parameters_.push_back({std::move(name), initial});
  return initial;
}

}  // namespace lx
