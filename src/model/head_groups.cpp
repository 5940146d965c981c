#include "model/head_groups.h"

#include "attention/watch.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

void show(const HeadGroup& group, const ScorePlan& plan, const Given& given) {
  if (!given.watch) return;
  const int64_t layer = group.stack.shape().layer;
  const std::string place = fmt::format("{}{}layer {}", given.part, given.part.empty() ? "" : " ", layer);
  given.watch->see({place, layer, group.name, group.first_head}, plan);
}

}  // namespace

Tensor HeadGroups::attend(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& hidden, const Given& given,
                          bool training, Memory* memory) const {
  if (groups_.size() == 1) {
    Tensor values = v;
    const ScorePlan plan = groups_.front().stack.plan(q, k, values, hidden, given, training, memory);
    show(groups_.front(), plan, given);
    return lx::attend(plan, values);
  }
  if (memory) memory->groups.resize(groups_.size());
  std::vector<Tensor> parts;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const HeadGroup& group = groups_[g];
    const Shape& shape = group.stack.shape();
    const auto keys_of = [&](const Tensor& x) { return x.narrow(1, group.first_key_head, shape.key_heads); };
    Tensor values = keys_of(v);
    const ScorePlan plan = group.stack.plan(q.narrow(1, group.first_head, shape.heads), keys_of(k), values, hidden,
                                            given, training, memory ? &memory->groups[g] : nullptr);
    show(group, plan, given);
    parts.push_back(lx::attend(plan, values));
  }
  if (memory) memory->length = memory->groups.front().length;
  return at::cat(parts, 1);
}

}  // namespace lx
