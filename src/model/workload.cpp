#include "model/workload.h"

#include "model/head_groups.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct Pairs {
  /// Of queries first.. against `keys` keys, under what the stack reveals, over a batch of `batch`.
  static int64_t of(const Stack& stack, Visibility visible, bool training, int64_t first, int64_t queries, int64_t keys,
                    int64_t batch, bool bounded) {
    const Scene scene{.shape = stack.shape(),
                      .batch = batch,
                      .offset = first,
                      .queries = queries,
                      .context_length = std::max(first + queries, keys),
                      .training = training};
    for (const ScoreModifier* modifier : stack.active(training)) modifier->reveal(visible, scene);
    if (bounded && visible.narrow() && !visible.lengths.defined()) visible.lengths = at::full({1}, keys, at::kLong);
    const Tensor seen = visible.count(first, queries, keys);  // [1 or B,1,Tq]
    return static_cast<int64_t>(seen.sum().item<double>()) * (batch / seen.size(0));
  }
};

}  // namespace

int64_t visible_pairs(const Stack& stack, const Call& call) {
  return Pairs::of(stack, call.visible, call.training, call.before, call.queries, call.before + call.queries,
                   call.batch, false);
}

int64_t visible_pairs_across(const Stack& stack, const Call& call) {
  const auto one = [&](int64_t own, int64_t batch) {
    if (own == 0) return int64_t{0};
    return Pairs::of(stack, {}, call.training, own + call.before, call.queries, own, batch, true);
  };
  if (!call.source_lengths.defined()) return one(call.source, call.batch);
  int64_t sum = 0;  // of sources of different lengths each stands before its own output
  for (int64_t row = 0; row < call.batch; ++row) sum += one(call.source_lengths[row].item<int64_t>(), 1);
  return sum;
}

void add_attention(Work& work, const HeadGroups& groups, int64_t value_dim, const Call& call) {
  const int64_t tokens = call.batch * (call.before + call.queries);
  for (const HeadGroup& group : groups.list()) {
    const Shape& shape = group.stack.shape();
    const int64_t both = shape.head_dim + value_dim;
    work.attention += 2 * both * shape.heads * visible_pairs(group.stack, call);
    work.kept += tokens * shape.key_heads * both;
    if (group.stack.traits(call.training).gates) work.kept += tokens * shape.heads;
  }
}

int64_t attention_across(const HeadGroups& groups, int64_t value_dim, const Call& call) {
  int64_t sum = 0;
  for (const HeadGroup& group : groups.list()) {
    const Shape& shape = group.stack.shape();
    sum += 2 * (shape.head_dim + value_dim) * shape.heads * visible_pairs_across(group.stack, call);
  }
  return sum;
}

}  // namespace lx
