#include "model/stacks.h"

#include "model/head_groups.h"

namespace lx {

std::vector<PlacedStack> stacks_of(const Model& model) {
  std::vector<PlacedStack> all;
  for (const auto& [place, groups, part, sees] : model.head_groups()) {
    for (const HeadGroup& group : groups->list()) {
      all.push_back({group.name.empty() ? place : place + ", heads " + group.name, group.name, &group.stack});
    }
  }
  return all;
}

}  // namespace lx
