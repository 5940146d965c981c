#include "experiment/encoding_view.h"

#include "base/error.h"
#include "base/text.h"
#include "config/yaml.h"
#include "encoding/register.h"
#include "experiment/diagnostics.h"
#include "experiment/scoring.h"
#include "experiment/stack_probe.h"
#include "model/head_groups.h"
#include "tensor/machine.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

namespace lx {
namespace {

constexpr int64_t kPoints = 4096;  // of a curve; longer ones are strided

std::string when_word(When when) {
  switch (when) {
    case When::both:
      return "both";
    case When::train:
      return "train";
    case When::test:
      return "test";
    case When::never:
      return "never";
  }
  return "";
}

std::vector<std::string> question_words(const Questions& q) {
  std::vector<std::string> words;
  const std::pair<const char*, bool> all[] = {
      {"reveal", q.reveal}, {"place", q.place}, {"tune", q.tune},   {"shape", q.shape},     {"sharpen", q.sharpen},
      {"bias", q.bias},     {"add", q.add},     {"embed", q.embed}, {"rewrite", q.rewrite}, {"normalise", q.normalise}};
  for (const auto& [word, asked] : all)
    if (asked) words.emplace_back(word);
  return words;
}

ModifierView modifier_view(const Stack::Item& item) {
  const ModifierEntry& entry = modifiers().get(item.name);
  ModifierView view{.name = item.name, .summary = entry.summary, .source = entry.source, .when = when_word(item.when)};
  view.settings = config::parse_json(item.settings, item.name);
  view.questions = question_words(item.questions);
  for (const config::KeyHelp& key : entry.help()) {
    const config::Node* value = view.settings.map().find(key.path);
    const size_t meaning = key.doc.find("; 0: ");
    const bool number =
        value && (value->kind() == config::Node::Kind::integer || value->kind() == config::Node::Kind::real);
    if (number && value->real() == 0 && meaning != std::string::npos)
      view.zeros.emplace_back(key.path, key.doc.substr(meaning + 5));
  }
  for (const Parameter& parameter : item.modifier->parameters())
    view.parameters.push_back({parameter.name, parameter.tensor.sizes().vec(), parameter.tensor.numel()});
  return view;
}

std::vector<std::string> notes_of(const Stack& stack, bool training, Order sees) {
  const Traits traits = stack.traits(training);
  const Questions questions = stack.questions(training);
  std::vector<std::string> notes;
  const auto note = [&](bool holds, const char* sentence) {
    if (holds) notes.emplace_back(sentence);
  };
  note(traits.depends_on_context,
       "looks at the length of the whole context: decoding token by token differs from one pass");
  note(questions.dense(),
       "sees the logits themselves: only the plain executor runs it, with memory that grows as rows "
       "times keys");
  note(traits.past_only, "is defined for keys before the query only: refuses a prefix and an encoder");
  note(traits.ranks_in_cache, "positions count places in a cache, not in the text");
  note(traits.random, "positions are drawn anew for each batch: one draw is shown");
  note(traits.on_a_grid, "positions lie on a grid: the first axis is shown");
  note(traits.whole_numbers_only, "reads a table with one entry a whole position: refuses positions in between");
  note(questions.embed, "adds absolute positions to the model's input");
  note(!traits.gives_order, sees == Order::all
                                ? "nothing tells the order of keys: to each other they are a bag of words"
                                : "nothing but the causal mask tells the order of keys");
  return notes;
}

/// Both stacks of one group of heads, as trained at N and as tested at M.
struct GroupProbes {
  const HeadGroup* group;
  StackProbe trained, tested;

  GroupProbes(const HeadGroup& plain, const HeadGroup& changed, int64_t n, int64_t m, Order sees)
      : group(&changed), trained(plain.stack, n, true, sees), tested(changed.stack, m, false, sees) {}
};

std::string identity(const HeadGroups& plain, const HeadGroups& changed) {
  std::string all;
  for (const HeadGroups* groups : {&plain, &changed})
    for (const HeadGroup& group : groups->list()) {
      all += fmt::format("\n{} {} {}", group.name, group.first_head, group.stack.shape().heads);
      for (const Stack::Item& item : group.stack.items())
        all += fmt::format("\n{} {} {}", item.name, when_word(item.when), item.settings);
    }
  return all;
}

StackView stack_view(const HeadGroup& group) {
  const Shape& shape = group.stack.shape();
  StackView view{.group = group.name, .first_head = group.first_head, .heads = shape.heads, .head_dim = shape.head_dim};
  for (const Stack::Item& item : group.stack.items()) view.modifiers.push_back(modifier_view(item));
  return view;
}

int64_t parameters_of(const StackView& stack) {
  int64_t count = 0;
  for (const ModifierView& modifier : stack.modifiers)
    for (const ModifierView::Parameter& parameter : modifier.parameters) count += parameter.count;
  return count;
}

/// The widest window of the layer's heads.
int64_t reach_of_layer(const std::vector<GroupProbes>& groups) {
  int64_t reach = 0;
  for (const GroupProbes& group : groups) reach = std::max(reach, reach_of(group.tested));
  return reach;
}

/// Layers that are alike, in the order in which they first appear.
std::vector<LayersView> kinds_of(const std::vector<const HeadGroups*>& plain,
                                 const std::vector<const HeadGroups*>& changed) {
  std::vector<LayersView> kinds;
  std::vector<std::string> identities;
  for (size_t layer = 0; layer < plain.size(); ++layer) {
    const std::string own = identity(*plain[layer], *changed[layer]);
    const auto known = std::find(identities.begin(), identities.end(), own);
    const auto index = static_cast<size_t>(known - identities.begin());
    if (known == identities.end()) {
      identities.push_back(own);
      kinds.emplace_back();
    }
    kinds[index].layers.push_back(static_cast<int64_t>(layer));
  }
  return kinds;
}

struct Details {
  const EncodingView& view;
  const ViewRequest& request;
  std::vector<int64_t> queries;

  void fill(StackView& out, const GroupProbes& probes) const {
    const StackProbe& shown = request.training ? probes.trained : probes.tested;
    const int64_t n = view.trained_length, last = shown.length() - 1;
    out.theta = shown.theta();
    out.trained_theta = probes.trained.theta();
    out.growth = shown.growth();
    out.interleaved = shown.layout().frequencies.interleaved;
    out.positions_read = shown.positions_read();
    for (const int64_t query : queries) out.rows.push_back(shown.row(query));
    out.last = shown.row(last);
    out.trained_last = probes.trained.row(n - 1);
    const Visibility& visible = shown.layout().visible;
    const auto seen = [&](int64_t query) { return visible.count(query, 1, shown.length()).item<double>(); };
    out.seen_at_trained = std::llround(seen(std::min(n - 1, last)));
    out.seen_at_last = std::llround(seen(last));
    out.sees = visible.order == Order::past ? "past" : visible.order == Order::future ? "future" : "all";
    out.window = visible.window < kAll ? visible.window : 0;
    out.sinks = visible.sinks;
    out.block = visible.block;
    out.picture = shown.grid(8, 16);
    out.heat = shown.grid(48, 48);
    curves(out, shown);
    StackProbe::Added added = shown.added();
    out.sink = std::move(added.sink);
    out.gate = std::move(added.gate);
    out.data_dependent = std::move(added.data_dependent);
    out.rewrites = std::move(added.rewrites);
    out.diagnostics = diagnose({probes.trained, probes.tested});
    out.notes = notes_of(shown.stack(), request.training, visible.order);
  }

  /// Every place of a short text; of a long one every `stride`th, and those that people ask for first.
  void curves(StackView& out, const StackProbe& shown) const {
    const int64_t length = shown.length(), stride = (length + kPoints - 1) / kPoints;
    std::set<int64_t> places(queries.begin(), queries.end());
    for (int64_t i = 0; i < length; i += stride) places.insert(i);
    for (int64_t i = 1; i < length; i *= 2) places.insert(i);
    places.insert(length - 1);
    const std::vector<int64_t> at(places.begin(), places.end());
    const std::vector<double> distance(places.begin(), places.end());
    out.bias = {distance, shown.bias(distance), stride};
    out.gain = {distance, shown.gain(at), stride};
  }
};

/// The layers of one text: those of an encoder-decoder's two halves are shown one half at a time. Cross-attention reads
/// one text from another, of which these views have no picture.
struct AttentionOfPart {
  std::vector<const HeadGroups*> layers;
  std::string part;
  Order sees = Order::past;

  static AttentionOfPart of(const Model& model, const std::string& wanted) {
    AttentionOfPart found;
    std::vector<std::string> parts;
    for (const PlacedGroups& placed : model.head_groups()) {
      if (placed.part == "cross") continue;
      if (std::find(parts.begin(), parts.end(), placed.part) == parts.end()) parts.push_back(placed.part);
      if (placed.part != (wanted.empty() ? parts.front() : wanted)) continue;
      found.layers.push_back(placed.groups);
      found.part = placed.part;
      found.sees = placed.sees;
    }
    require(!parts.empty(), "this kind of model does not show its attention yet: take model.name=decoder");
    require(!found.layers.empty(), "--part: this model has no part '{}'{}", wanted,
            parts.size() > 1 ? " (its parts: " + join(parts, ", ") + ")" : ": it is one stack");
    return found;
  }
};

config::Node variant_of(const ResolvedRun& run, const std::string& name) {
  if (name.empty()) return {};
  const config::Map& all = run.config.eval.variants.map();
  const config::Node* found = all.find(name);
  require(found, "there is no variant '{}' in eval.variants{} (known: {})", name, did_you_mean(name, all.keys()),
          join(all.keys(), ", "));
  return *found;
}

}  // namespace

EncodingView view_encoding(const ResolvedRun& run, const ViewRequest& request) {
  RunConfig config = run.config;
  config.runtime.device = Device::cpu;  // nothing here is worth a GPU
  use_threads(config.runtime.threads);
  const auto plain = fresh_model(config, 1, {});
  std::shared_ptr<Model> changed = plain;
  if (!request.variant.empty()) {
    const config::Node variant = variant_of(run, request.variant);
    try {
      changed = fresh_model(config, 1, variant);
    } catch (const Error& error) {
      throw Error(fmt::format("eval.variants.{}: {}", request.variant, error.what()));
    }
  }
  const auto attention = AttentionOfPart::of(*plain, request.part);
  const auto &as_trained = attention.layers, as_tested = AttentionOfPart::of(*changed, request.part).layers;

  EncodingView view;
  view.title = join(run.overrides, " ") + (attention.part.empty() ? "" : ", the " + attention.part);
  view.variant = request.variant;
  view.mode = request.training ? "train" : "test";
  view.trained_length = as_trained.front()->list().front().stack.shape().trained_length;
  view.tested_length =
      request.length > 0 ? request.length : *std::max_element(config.eval.lengths.begin(), config.eval.lengths.end());
  view.length = request.training ? view.trained_length : view.tested_length;
  view.layers = static_cast<int64_t>(as_tested.size());
  for (const HeadGroup& group : as_tested.front()->list()) {
    view.heads += group.stack.shape().heads;
    view.key_heads += group.stack.shape().key_heads;
    view.head_dim = group.stack.shape().head_dim;
  }
  for (const int64_t layer : request.layers)
    require(layer >= 0 && layer < view.layers, "there is no layer {}: the model has layers 0 to {}", layer,
            view.layers - 1);
  Details details{view, request, request.queries};
  if (details.queries.empty()) {
    details.queries = {std::min(view.trained_length, view.length) - 1, view.length - 1};
    if (details.queries[0] == details.queries[1]) details.queries.pop_back();
  }
  for (const int64_t query : details.queries)
    require(query >= 0 && query < view.length, "there is no query {}: a text of {} tokens has queries 0 to {}", query,
            view.length, view.length - 1);

  view.kinds = kinds_of(as_trained, as_tested);
  std::vector<int64_t> reaches(static_cast<size_t>(view.layers));
  for (LayersView& kind : view.kinds) {
    const auto asked =
        std::find_first_of(kind.layers.begin(), kind.layers.end(), request.layers.begin(), request.layers.end());
    kind.detailed = request.layers.empty() || asked != kind.layers.end();
    const auto layer = static_cast<size_t>(asked == kind.layers.end() ? kind.layers.front() : *asked);
    std::vector<GroupProbes> groups;
    for (size_t g = 0; g < as_tested[layer]->list().size(); ++g)
      groups.emplace_back(as_trained[layer]->list()[g], as_tested[layer]->list()[g], view.trained_length,
                          view.tested_length, attention.sees);
    for (const GroupProbes& probes : groups) {
      kind.stacks.push_back(stack_view(*probes.group));
      if (kind.detailed) details.fill(kind.stacks.back(), probes);
    }
    for (const int64_t one : kind.layers) {
      reaches[static_cast<size_t>(one)] = reach_of_layer(groups);
      for (const StackView& stack : kind.stacks) view.parameters += parameters_of(stack);
    }
  }
  Diagnostic field = receptive_field(reaches, view.trained_length, view.tested_length);
  if (!field.text.empty()) view.diagnostics.push_back(std::move(field));
  return view;
}

}  // namespace lx
