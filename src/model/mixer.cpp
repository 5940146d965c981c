#include "model/mixer.h"

namespace lx {
namespace {

struct ModifierParameters : torch::nn::Module {
  explicit ModifierParameters(const ScoreModifier& modifier) {
    for (const Parameter& parameter : modifier.parameters()) register_parameter(parameter.name, parameter.tensor);
  }
};

struct StackParameters : torch::nn::Module {
  StackParameters() = default;
  explicit StackParameters(const Stack& stack) {
    for (const Stack::Item& item : stack.items()) {
      if (item.modifier->parameters().empty()) continue;
      register_module(item.name, std::make_shared<ModifierParameters>(*item.modifier));
    }
  }
};

}  // namespace

void Mixer::adopt(HeadGroups groups) {
  groups_ = std::move(groups);
  register_parameters(*this, groups_);
}

void register_parameters(torch::nn::Module& owner, const HeadGroups& groups) {
  const auto& list = groups.list();
  std::shared_ptr<torch::nn::Module> parameters;
  if (list.size() == 1) {
    parameters = std::make_shared<StackParameters>(list.front().stack);
  } else {
    parameters = std::make_shared<StackParameters>();
    for (const HeadGroup& group : list) {
      auto own = std::make_shared<StackParameters>(group.stack);
      if (!own->children().empty()) parameters->register_module(group.name, own);
    }
  }
  if (!parameters->children().empty()) owner.register_module("stack", parameters);
}

Registry<MixerEntry>& mixers() {
  static Registry<MixerEntry> registry("mixer");
  return registry;
}

}  // namespace lx
