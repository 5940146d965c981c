#include "model/stacks.h"

#include "model/mixer.h"

namespace lx {

std::vector<PlacedStack> stacks_of(const Model& model) {
  std::vector<PlacedStack> all;
  for (const auto& module : model.named_modules("", false)) {
    const auto* mixer = dynamic_cast<const Mixer*>(module.value().get());
    if (!mixer) continue;
    for (const HeadGroup& group : mixer->groups().list()) {
      const std::string layer = fmt::format("layer {}", group.stack.shape().layer);
      all.push_back({group.name.empty() ? layer : layer + ", heads " + group.name, group.name, &group.stack});
    }
  }
  return all;
}

}  // namespace lx
