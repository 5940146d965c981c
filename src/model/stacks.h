// The stacks that a model's layers hold, whatever the model: for checks, tables and pictures.
#pragma once

#include "attention/stack.h"
#include "model/model.h"

#include <string>
#include <vector>

namespace lx {

struct PlacedStack {
  std::string place;  // "layer 3", "layer 3, heads near"
  std::string group;  // "near"; empty: all heads
  const Stack* stack;
};

/// In the order of the layers. The pointers live as long as the model.
std::vector<PlacedStack> stacks_of(const Model& model);

}  // namespace lx
