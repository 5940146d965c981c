#include "model/stacks.h"

#include "model/head_groups.h"

namespace lx {

std::vector<PlacedStack> stacks_of(const Model& model) {
  std::vector<PlacedStack> all;
  for (const HeadGroups* groups : model.head_groups()) {
    for (const HeadGroup& group : groups->list()) {
      const std::string layer = fmt::format("layer {}", group.stack.shape().layer);
      all.push_back({group.name.empty() ? layer : layer + ", heads " + group.name, group.name, &group.stack});
    }
  }
  return all;
}

}  // namespace lx
