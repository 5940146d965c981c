#include "attention/stack.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lx {

Stack::Stack(Shape shape, std::vector<Item> items) : shape_(shape), items_(std::move(items)) {
  check_compatible(items_);
}

std::vector<const Stack::Item*> Stack::acting(bool training) const {
  std::vector<const Item*> chosen;
  for (const Item& item : items_)
    if (item.acts(training)) chosen.push_back(&item);
  return chosen;
}

std::vector<const ScoreModifier*> Stack::active(bool training) const {
  std::vector<const ScoreModifier*> chosen;
  for (const Item* item : acting(training)) chosen.push_back(item->modifier.get());
  return chosen;
}

Traits Stack::traits(bool training) const {
  Traits joined;
  for (const Item* item : acting(training)) {
    joined.join(item->modifier->traits());
    joined.gives_order = joined.gives_order || joined.gives_turning || item->questions.bias;
  }
  return joined;
}

int64_t Stack::longest_text() const {
  int64_t longest = kAll;
  for (const Item* item : acting(false)) longest = std::min(longest, item->modifier->longest_text());
  return longest;
}

Questions Stack::questions(bool training) const {
  Questions joined;
  for (const Item* item : acting(training)) joined.join(item->questions);
  return joined;
}

/// Questions 1, 2 and 3: all that needs no content.
void Stack::placed(Layout& layout, Scene& scene, int64_t keys_there, const std::vector<const Item*>& acting,
                   const at::TensorOptions& reals) const {
  for (const Item* item : acting) item->modifier->reveal(layout.visible, scene);
  scene.ahead = layout.visible.ahead();

  const Tensor keys = at::arange(scene.context_length, reals);
  layout.bands.list = {{.query = keys.narrow(0, scene.offset, scene.queries), .key = keys}};
  for (const Item* item : acting) item->modifier->place(layout.bands, scene);
  for (const Item* item : acting) item->modifier->tune(layout.frequencies, scene);
  if (keys_there < scene.context_length)
    for (Band& band : layout.bands.list)
      for (Tensor* key : {&band.key, &band.key_down})
        if (key->defined()) *key = key->narrow(-1, 0, keys_there);
}

/// Question 5. Gates read scene.hidden.
Tensor Stack::gain(const Layout& layout, const Scene& scene, int64_t keys, const std::vector<const Item*>& acting,
                   const at::TensorOptions& reals) const {
  const bool asked =
      std::any_of(acting.begin(), acting.end(), [](const Item* item) { return item->questions.sharpen; });
  const Tensor visible_keys =
      asked ? layout.visible.count(scene.offset, scene.queries, keys).to(reals.device()) : Tensor();
  Tensor gain = at::full({1, 1, 1}, 1 / std::sqrt(static_cast<double>(shape_.head_dim)), reals);
  for (const Item* item : acting) item->modifier->sharpen(gain, visible_keys, scene);
  return gain;
}

namespace {

struct PlanParts {
  /// What modifiers read of a layer in bfloat16: their own maps are float32, and gates add up over the text.
  static Tensor wide(const Tensor& x) { return x.defined() && x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

  /// The layer's input for those who ask for it; for the others its shape is enough.
  static Tensor hidden(const Tensor& input, const std::vector<const Stack::Item*>& acting) {
    for (const Stack::Item* item : acting)
      if (item->modifier->traits().reads_input) return wide(input);
    return input;
  }

  /// Past-only methods meet a prefix only when the batch brings one.
  static void refuse_ahead(const std::vector<const Stack::Item*>& acting, const Scene& scene) {
    if (!scene.ahead) return;
    for (const Stack::Item* item : acting) {
      if (item->modifier->traits().past_only)
        throw DoesNotApply(
            fmt::format("'{}' is defined for keys before the query only, and here queries see keys "
                        "behind their place (a prefix, an encoder): leave it out",
                        item->name));
    }
  }

  /// Of positions [T] or [B,T].
  struct Extent {
    double least = 0, most = 0;
    bool whole = true;

    explicit Extent(const Tensor& positions) {
      const Tensor flat = positions.to(at::kCPU, at::kDouble).contiguous();
      const double* const at = flat.data_ptr<double>();
      least = most = flat.numel() > 0 ? at[0] : 0;
      for (int64_t i = 0; i < flat.numel(); ++i) {
        least = std::min(least, at[i]);
        most = std::max(most, at[i]);
        whole = whole && at[i] == std::nearbyint(at[i]);
      }
    }
  };

  /// The curves at all relative positions that occur, as one table; where these are not whole numbers, as a function.
  static void add_bias(ScorePlan& plan, const std::vector<const Stack::Item*>& acting, const at::TensorOptions& reals) {
    std::vector<const ScoreModifier*> biases;
    for (const Stack::Item* item : acting)
      if (item->questions.bias) biases.push_back(item->modifier.get());
    if (biases.empty()) return;
    const auto curve = [biases, scene = plan.scene](const Tensor& distance) {
      Tensor sum;
      for (const ScoreModifier* modifier : biases) {
        const Tensor one = modifier->bias(distance, scene);
        sum = sum.defined() ? sum + one : one;
      }
      return sum;  // [H,n]
    };
    double least = 0, most = 0;
    bool table = true;
    for (const View& view : plan.views) {
      const Extent queries(view.query_position), keys(view.key_position);
      table = table && queries.whole && keys.whole;
      least = std::min(least, queries.least - keys.most);
      most = std::max(most, queries.most - keys.least);
    }
    if (!plan.scene.ahead) least = 0;  // keys behind a query's place are hidden: what they would get does not matter
    if (!table) {
      plan.curve = curve;
      return;
    }
    plan.origin = -static_cast<int64_t>(least);
    plan.bias = curve(at::arange(least, most + 1, reals));
  }

  /// Asks what is added besides curves: files the sink, returns the gates [B,H,Tq] of this call.
  static Tensor log_gate(const std::vector<const Stack::Item*>& acting, ScorePlan& plan) {
    Addends addends;
    for (const Stack::Item* item : acting) item->modifier->add(addends, plan.scene);
    plan.sink = addends.sink;
    return addends.log_gate;
  }

  static void add_gates(ScorePlan& plan, const Tensor& log_gate, Memory* memory) {
    if (!log_gate.defined()) return;
    const int64_t past = plan.offset, queries = log_gate.size(-1);
    Tensor sum = log_gate.cumsum(-1);  // [B,H,Tq]
    if (memory && memory->decay.defined())
      sum = at::cat({memory->decay, memory->decay.narrow(-1, past - 1, 1) + sum}, -1);
    if (memory) memory->decay = sum;
    plan.decay_k = sum;
    plan.decay_q = sum.narrow(-1, past, queries);
  }
};

}  // namespace

ScorePlan Stack::plan(Tensor q, Tensor k, Tensor& v, const Tensor& hidden, const Given& given, bool training,
                      Memory* memory) const {
  const auto acting_items = acting(training);
  const int64_t queries = q.size(2);
  const int64_t past = memory ? memory->length : 0;
  Scene scene{.shape = shape_,
              .batch = q.size(0),
              .offset = past,
              .queries = queries,
              .context_length = past + queries,
              .training = training,
              .draw = given.draw,
              .hidden = PlanParts::hidden(hidden, acting_items)};

  for (const Item* item : acting_items) item->modifier->shape(q, k, scene);
  if (memory) {
    append(*memory, k, v);
    k = memory->key;
    v = memory->value;
  }

  Layout layout{.visible = given.visible};
  ScorePlan plan = answer(q, k, std::move(layout), scene, acting_items);
  PlanParts::add_gates(plan, PlanParts::log_gate(acting_items, plan), memory);
  return plan;
}

ScorePlan Stack::plan_across(Tensor q, Tensor k, const Tensor& hidden, const Given& given, const Tensor& lengths,
                             int64_t offset, bool training) const {
  const auto acting_items = acting(training);
  const int64_t queries = q.size(2), keys = k.size(2);
  Scene scene{.shape = shape_,
              .batch = q.size(0),
              .offset = offset,
              .queries = queries,
              .context_length = std::max(offset + queries, keys),
              .training = training,
              .draw = given.draw,
              .hidden = PlanParts::hidden(hidden, acting_items)};
  for (const Item* item : acting_items) item->modifier->shape(q, k, scene);
  Layout layout{.visible = {.lengths = lengths}};
  ScorePlan plan = answer(q, k, std::move(layout), scene, acting_items);
  require(!PlanParts::log_gate(acting_items, plan).defined(), "gates across texts are refused when a model is built");
  // A window may have left the source behind.
  if (plan.visible.narrow() && !plan.visible.lengths.defined())
    plan.visible.lengths = at::full({q.size(0)}, keys, at::TensorOptions().dtype(at::kLong).device(q.device()));
  return plan;
}

/// All that O(T) tensors say of queries q [B,H,Tq,D] and keys k [B,Hk,Tk,D], both shaped.
ScorePlan Stack::answer(const Tensor& q, const Tensor& k, Layout layout, Scene scene,
                        const std::vector<const Item*>& acting_items) const {
  const int64_t queries = scene.queries, keys = k.size(2);
  const auto reals = at::TensorOptions().dtype(at::kDouble).device(q.device());
  placed(layout, scene, keys, acting_items, reals);
  layout.gain = gain(layout, scene, keys, acting_items, reals);
  PlanParts::refuse_ahead(acting_items, scene);
  const Questions questions = this->questions(scene.training);

  ScorePlan plan;
  plan.offset = scene.offset;
  plan.visible = std::move(layout.visible);
  plan.unit = layout.bands.unit;
  Bands& bands = layout.bands;
  plan.home_position = bands.home().query;
  // Without turning and without biases, where tokens stand changes nothing: one view is enough.
  const bool positions_read = questions.bias || questions.rewrite;
  if (!layout.frequencies.turning() && !positions_read) bands.list = {bands.home()};
  bands.list.front().from = kFromEverywhere;
  const int64_t farthest = (scene.context_length - 1) / bands.unit;
  for (const Band& band : bands.list) {
    if (band.from > farthest) break;  // no two tokens are that far apart
    // Keys first: the queries' positions are among theirs, and so are the tables.
    const Tensor turned = turn(k, band, layout.frequencies, Tensor(), Side::key);
    plan.views.push_back({band.from,
                          turn(q, band, layout.frequencies, layout.gain.expand({-1, -1, queries}), Side::query), turned,
                          band.query, band.key});
  }
  plan.scene = scene;
  PlanParts::add_bias(plan, acting_items, reals);

  for (const Item* item : acting_items) {
    if (item->questions.rewrite) plan.rewriters.push_back(item->modifier.get());
    if (item->questions.normalise) plan.normaliser = item->modifier.get();
  }
  if (!plan.rewriters.empty()) plan.query = PlanParts::wide(q);
  return plan;
}

Stack::Layout Stack::layout(int64_t length, const Given& given, bool training) const {
  Layout layout{.visible = given.visible};
  Scene& scene = layout.scene;
  scene = {.shape = shape_, .queries = length, .context_length = length, .training = training, .draw = given.draw};
  const auto reals = at::TensorOptions().dtype(at::kDouble);
  placed(layout, scene, length, acting(training), reals);
  bool known = true;  // without text, a gain that reads it is not
  for (const Item* item : acting(training))
    known = known && !(item->questions.sharpen && item->modifier->traits().reads_input);
  if (known) layout.gain = gain(layout, scene, length, acting(training), reals);
  return layout;
}

Tensor Stack::embed(Tensor x, const Given& given, bool training, int64_t offset) const {
  if (!questions(training).embed) return x;
  const int64_t queries = x.size(1);
  Scene scene{.shape = shape_,
              .batch = x.size(0),
              .offset = offset,
              .queries = queries,
              .context_length = offset + queries,
              .ahead = given.visible.ahead(),
              .training = training,
              .draw = given.draw};
  const Tensor keys = at::arange(scene.context_length, x.options().dtype(at::kDouble).requires_grad(false));
  Bands bands;
  bands.list = {{.query = keys.narrow(0, offset, queries), .key = keys}};
  const auto acting_items = acting(training);
  for (const Item* item : acting_items) item->modifier->place(bands, scene);
  for (const Item* item : acting_items) item->modifier->embed(x, bands.home().query, scene);
  return x;
}

}  // namespace lx
