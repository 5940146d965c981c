#include "model/mixer.h"

namespace lx {
namespace {

struct ModifierParameters : torch::nn::Module {
  explicit ModifierParameters(const ScoreModifier& modifier) {
    for (const Parameter& parameter : modifier.parameters()) register_parameter(parameter.name, parameter.tensor);
  }
};

struct StackParameters : torch::nn::Module {
  explicit StackParameters(const Stack& stack) {
    for (const Stack::Item& item : stack.items()) {
      if (item.modifier->parameters().empty()) continue;
      register_module(item.name, std::make_shared<ModifierParameters>(*item.modifier));
    }
  }
};

}  // namespace

void Mixer::register_stack(const Stack& stack) {
  auto parameters = std::make_shared<StackParameters>(stack);
  if (!parameters->children().empty()) register_module("stack", parameters);
}

Registry<MixerEntry>& mixers() {
  static Registry<MixerEntry> registry("mixer");
  return registry;
}

}  // namespace lx
