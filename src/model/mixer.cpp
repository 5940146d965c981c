#include "model/mixer.h"

#include "base/error.h"

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

Shape MixerContext::shape(int64_t heads, int64_t key_heads, int64_t head_dim, const std::string& path) const {
  if (key_heads == 0) key_heads = heads;
  require(heads % key_heads == 0, "{}: heads ({}) must be a multiple of key_heads ({})", path, heads, key_heads);
  require(head_dim > 0 || width % heads == 0, "{}: width ({}) must be a multiple of heads ({}), or head_dim be given",
          path, width, heads);
  return {.heads = heads,
          .key_heads = key_heads,
          .head_dim = head_dim > 0 ? head_dim : width / heads,
          .width = width,
          .trained_length = trained_length,
          .layer = layer,
          .layers = layers};
}

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
