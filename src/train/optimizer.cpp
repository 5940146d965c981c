// What all rules share: their memory, its names in a checkpoint, and the table of rules.
#include "train/optimizer.h"

#include "train/section.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace lx {

Registry<OptimizerEntry>& optimizers() {
  static Registry<OptimizerEntry> registry("optimizer");
  return registry;
}

std::unique_ptr<Optimizer> make_optimizer(const config::Node& node, const std::string& path, Parameters& parameters) {
  const auto [name, settings] = split_name(node, path);
  return optimizers().get(name, node.find("name")->place.prefix()).make(settings, path, parameters);
}

Optimizer::Optimizer(Parameters& parameters) : parameters_(parameters), steps_(at::zeros({}, at::kLong)) {}

int64_t Optimizer::steps() const { return steps_.item<int64_t>(); }

const std::vector<Tensor>& Optimizer::remember(const std::string& name) {
  std::vector<Tensor> buffers;
  for (const ParameterGroup& group : parameters_.groups()) buffers.push_back(at::zeros_like(group.values));
  return memory_.emplace_back(name, std::move(buffers)).second;
}

void Optimizer::step(double rate, double scale) {
  const at::NoGradGuard no_grad;
  steps_.add_(1);
  const auto groups = parameters_.groups();
  for (size_t i = 0; i < groups.size(); ++i) update(groups[i], i, rate, scale);
}

NamedTensors Optimizer::state() const {
  NamedTensors state{{"steps", steps_}};
  const auto groups = parameters_.groups();
  for (const auto& [name, buffers] : memory_)
    for (size_t i = 0; i < groups.size(); ++i)
      for (const Slot& slot : groups[i].slots) state.emplace_back(name + "." + slot.name, slot.view(buffers[i]));
  return state;
}

}  // namespace lx
