#include "model/head_groups.h"

#include "attention/attend.h"
#include "attention/watch.h"
#include "model/stretches.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {
namespace {

void show(const HeadGroup& group, const ScorePlan& plan, const Given& given, const std::string& part) {
  if (!given.watch) return;
  const int64_t layer = group.stack.shape().layer;
  const std::string place = fmt::format("{}{}layer {}", part, part.empty() ? "" : " ", layer);
  given.watch->see({place, layer, group.name, group.first_head}, plan);
}

/// Rows of a batch that have read different numbers of tokens: each by itself, with its own memory.
struct RowByRow {
  static Given given(const Given& all, int64_t row) {
    Given one = all;
    for (Tensor* tensor : {&one.visible.prefix, &one.visible.lengths})
      if (tensor->defined()) *tensor = tensor->narrow(0, row, 1);
    return one;
  }

  static Tensor attend(const HeadGroups& groups, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Tensor& hidden, const Given& given, bool training, std::vector<Memory>& rows) {
    std::vector<Tensor> mixed;
    for (int64_t row = 0; row < q.size(0); ++row) {
      const auto one = [row](const Tensor& x) { return x.narrow(0, row, 1); };
      mixed.push_back(groups.attend(one(q), one(k), one(v), one(hidden), RowByRow::given(given, row), training,
                                    &rows.at(static_cast<size_t>(row))));
    }
    return at::cat(mixed, 0);
  }
};

}  // namespace

Tensor HeadGroups::seen(Tensor input, bool training) const {
  if (!by_stretches(input)) return input;
  for (const HeadGroup& group : groups_)
    if (group.stack.traits(training).reads_input) return input;
  return shape_of(input);
}

Tensor HeadGroups::attend(Tensor q, Tensor k, Tensor v, const Tensor& hidden, const Given& given, bool training,
                          Memory* memory) const {
  if (memory && !memory->rows.empty()) return RowByRow::attend(*this, q, k, v, hidden, given, training, memory->rows);
  if (groups_.size() == 1) {
    const ScorePlan plan = groups_.front().stack.plan(std::move(q), std::move(k), v, hidden, given, training, memory);
    show(groups_.front(), plan, given, given.part);
    return lx::attend(plan, v);
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
    show(group, plan, given, given.part);
    parts.push_back(lx::attend(plan, values));
  }
  if (memory) memory->length = memory->groups.front().length;
  return at::cat(parts, 1);
}

namespace {

struct Across {
  /// Where queries stand, or how long the context is, depends on their own source's length, and something reads it.
  static bool places_matter(const std::vector<HeadGroup>& groups, bool training) {
    for (const HeadGroup& group : groups) {
      const Questions asked = group.stack.questions(training);
      if (asked.reveal || asked.place || asked.tune || asked.bias || asked.rewrite) return true;
      if (group.stack.traits(training).depends_on_context) return true;
    }
    return false;
  }
};

}  // namespace

Tensor HeadGroups::attend_across(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& hidden,
                                 const Given& given, const Tensor& lengths, int64_t read, bool training) const {
  const int64_t keys = k.size(2);
  if (lengths.defined() && Across::places_matter(groups_, training)) {
    std::vector<Tensor> rows;
    for (int64_t row = 0; row < q.size(0); ++row) {
      const int64_t own = lengths[row].item<int64_t>();
      const auto one = [row](const Tensor& x) { return x.narrow(0, row, 1); };
      rows.push_back(attend_across(one(q), one(k).narrow(2, 0, own), one(v).narrow(2, 0, own), one(hidden), given, {},
                                   read, training));
    }
    return at::cat(rows, 0);
  }
  if (keys == 0) return at::zeros({q.size(0), q.size(1), q.size(2), v.size(3)}, v.options());
  const Tensor there = lengths.defined() ? lengths.to(q.device()) : lengths;
  std::vector<Tensor> parts;
  for (const HeadGroup& group : groups_) {
    const Shape& shape = group.stack.shape();
    const auto keys_of = [&](const Tensor& x) { return x.narrow(1, group.first_key_head, shape.key_heads); };
    const ScorePlan plan = group.stack.plan_across(q.narrow(1, group.first_head, shape.heads), keys_of(k), hidden,
                                                   given, there, keys + read, training);
    show(group, plan, given, "cross");
    parts.push_back(lx::attend(plan, keys_of(v)));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
}

}  // namespace lx
