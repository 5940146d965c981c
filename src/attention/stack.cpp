#include "attention/stack.h"

#include "base/error.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace lx {

Stack::Stack(Shape shape, std::vector<Item> items) : shape_(shape), items_(std::move(items)) {}

std::vector<const ScoreModifier*> Stack::active(bool training) const {
  std::vector<const ScoreModifier*> acting;
  for (const Item& item : items_) {
    if (item.when == When::both || (item.when == When::train) == training) acting.push_back(item.modifier.get());
  }
  return acting;
}

Traits Stack::traits(bool training) const {
  Traits joined;
  for (const ScoreModifier* modifier : active(training)) {
    const Traits traits = modifier->traits();
    joined.gives_turning |= traits.gives_turning;
    joined.needs_turning |= traits.needs_turning;
    joined.depends_on_context |= traits.depends_on_context;
  }
  return joined;
}

ScorePlan Stack::plan(Tensor q, Tensor k, Tensor& v, const Tensor& hidden, Visibility given, bool training,
                      Memory* memory) const {
  const auto acting = active(training);
  const int64_t queries = q.size(2);
  const int64_t past = memory ? memory->length : 0;
  Scene scene{.shape = shape_,
              .offset = past,
              .queries = queries,
              .context_length = past + queries,
              .ahead = given.prefix.defined() || given.mirrored,
              .training = training,
              .hidden = hidden};

  for (const auto* modifier : acting) modifier->shape(q, k, scene);
  if (memory) {
    k = memory->key.defined() ? at::cat({memory->key, k}, 2) : k;
    v = memory->value.defined() ? at::cat({memory->value, v}, 2) : v;
    memory->key = k;
    memory->value = v;
    memory->length = past + queries;
  }

  ScorePlan plan;
  plan.offset = past;
  plan.visible = std::move(given);
  for (const auto* modifier : acting) modifier->reveal(plan.visible, scene);

  const auto reals = at::TensorOptions().dtype(at::kDouble).device(q.device());
  const Tensor keys = at::arange(scene.context_length, reals);
  Bands bands{{kFromEverywhere, keys.narrow(0, past, queries), keys}};
  for (const auto* modifier : acting) modifier->place(bands, scene);

  Frequencies frequencies;
  for (const auto* modifier : acting) modifier->tune(frequencies, scene);

  Tensor gain = at::full({1, 1, 1}, 1 / std::sqrt(static_cast<double>(shape_.head_dim)), reals);
  const Tensor visible_keys = plan.visible.count(past, queries, scene.context_length).to(q.device());
  for (const auto* modifier : acting) modifier->sharpen(gain, visible_keys, scene);

  Addends addends;
  const int64_t ahead = scene.ahead ? scene.context_length - 1 : 0;
  addends.distance = at::arange(-ahead, scene.context_length, reals);
  for (const auto* modifier : acting) modifier->add(addends, scene);
  plan.bias = addends.by_distance;
  plan.origin = ahead;
  plan.sink = addends.sink;
  if (addends.log_gate.defined()) {
    Tensor sum = addends.log_gate.cumsum(-1);  // [B,H,Tq]
    if (memory && memory->decay.defined())
      sum = at::cat({memory->decay, memory->decay.narrow(-1, past - 1, 1) + sum}, -1);
    if (memory) memory->decay = sum;
    plan.decay_k = sum;
    plan.decay_q = sum.narrow(-1, past, queries);
  }

  if (!frequencies.turning()) bands = {home_band(bands)};  // without turning, where tokens stand changes nothing
  bands.front().from = kFromEverywhere;
  for (const Band& band : bands) {
    if (band.from >= scene.context_length) break;  // no two tokens are that far apart
    plan.views.push_back({band.from, turn(q, band.query, frequencies, gain.expand({-1, -1, queries}), Side::query),
                          turn(k, band.key, frequencies, Tensor(), Side::key)});
  }
  for (const auto* modifier : acting) {
    if (modifier->dense()) plan.rewriters.push_back(modifier);
  }
  plan.scene = std::move(scene);
  return plan;
}

}  // namespace lx
