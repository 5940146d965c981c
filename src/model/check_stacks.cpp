// What must hold of the modifiers of all layers of a trunk together, beside what holds within one stack: nothing is
// ignored in silence, and nothing sees what it is to predict.
#include "base/error.h"
#include "model/trunk.h"

#include <map>

namespace lx {
namespace {

/// A modifier that means nothing where it stands would be ignored in silence. In a layer schedule that may be meant (a
/// variant reaches every layer); when it is idle in every layer, it is refused.
struct IdleModifiers {
  std::map<std::string, bool> turns = {}, moves = {}, embeds = {};

  void see(const Stack& stack) {
    for (const bool training : {true, false}) {
      const Questions questions = stack.questions(training);
      const Traits joined = stack.traits(training);
      for (const Stack::Item& item : stack.items()) {
        if (!item.acts(training)) continue;
        const Traits traits = item.modifier->traits();
        if (traits.needs_turning) turns[item.name] |= joined.gives_turning;
        // Positions are read by what turns, what looks curves up, what reads its place, what embeds.
        if (item.questions.place)
          moves[item.name] |= joined.gives_turning || questions.bias || joined.reads_query_place ||
                              item.questions.reveal || (questions.embed && !traits.maps_far);
        if (item.questions.embed) embeds[item.name] |= stack.shape().layer == 0;
      }
    }
  }

  static void refuse(const std::map<std::string, bool>& of_use, const char* why) {
    for (const auto& [name, useful] : of_use)
      if (!useful) throw DoesNotApply(fmt::format("the modifier '{}' {}", name, why));
  }

  void tell() const {
    refuse(turns, "changes how position turns vectors, but no layer it is in turns them: add rope before it");
    refuse(moves, "says where tokens stand, but nothing in its stack reads positions: add rope or a bias to it");
    refuse(embeds, "acts on the model's input: it belongs into the first layer's stack");
  }
};

template <class See>
void each_stack(const std::vector<const HeadGroups*>& layers, See see) {
  for (const HeadGroups* layer : layers)
    for (const HeadGroup& group : layer->list()) see(group.stack);
}

void refuse_by_sight(const Stack& stack, Sight sight) {
  for (const Stack::Item& item : stack.items()) {
    if (item.when == When::never) continue;
    const Traits traits = item.modifier->traits();
    if (sight != Sight::all && traits.looks_ahead)
      throw DoesNotApply(fmt::format(
          "'{}' lets queries see the tokens they are to predict: a decoder would copy them; it has its place in an "
          "encoder (model=encoder, or encoding.encoder)",
          item.name));
    if (sight != Sight::past && traits.past_only)
      throw DoesNotApply(
          fmt::format("'{}' is defined for keys before the query only, and an encoder's or a prefix's "
                      "queries see keys behind them: leave it out, or train model=decoder",
                      item.name));
  }
}

}  // namespace

void check_stacks(const std::vector<const HeadGroups*>& layers, Sight sight) {
  IdleModifiers idle;
  each_stack(layers, [&](const Stack& stack) {
    idle.see(stack);
    refuse_by_sight(stack, sight);
  });
  for (const HeadGroup& group : layers.front()->list()) {
    if (!group.name.empty() && group.stack.questions(false).embed)
      throw DoesNotApply("absolute positions are added to the model's input, which all heads read: give them no group");
  }
  idle.tell();
}

void check_cross_stacks(const std::vector<const HeadGroups*>& layers) {
  IdleModifiers idle;
  each_stack(layers, [&](const Stack& stack) {
    idle.see(stack);
    for (const Stack::Item& item : stack.items()) {
      const char* why = item.modifier->traits().gates         ? "sums gates along one text"
                        : item.questions.embed                ? "acts on the model's input"
                        : item.modifier->traits().looks_ahead ? "chooses which way a text is read"
                                                              : nullptr;
      if (why)
        throw DoesNotApply(
            fmt::format("'{}' {}, and cross-attention reads another text than it writes: leave it out of "
                        "encoding.cross",
                        item.name, why));
    }
  });
  idle.tell();
}

}  // namespace lx
