// Which modifiers can stand together, and in which order. A combination that has no meaning is refused with one
// sentence that says why; a list that reads well must never do something else in silence.
#include "attention/stack.h"

#include <vector>

namespace lx {
namespace {

struct Compatibility {
  struct Acting {
    const Stack::Item* item;
    Traits traits;
    const std::string& name() const { return item->name; }
  };
  std::vector<Acting> acting;

  Compatibility(const std::vector<Stack::Item>& items, bool training) {
    for (const Stack::Item& item : items)
      if (item.acts(training)) acting.push_back({&item, item.modifier->traits()});
  }

  template <class Has>
  const Acting* first(Has has, const Acting* besides = nullptr) const {
    for (const Acting& one : acting)
      if (&one != besides && has(one)) return &one;
    return nullptr;
  }

  template <class... Args>
  [[noreturn]] static void refuse(fmt::format_string<Args...> sentence, Args&&... args) {
    throw DoesNotApply(fmt::format(sentence, std::forward<Args>(args)...));
  }

  /// At most one modifier may say this.
  template <class Has>
  void at_most_one(Has has, std::string_view what) const {
    const Acting* one = first(has);
    const Acting* two = one ? first(has, one) : nullptr;
    if (two) refuse("'{}' and '{}' both say {}: keep one", one->name(), two->name(), what);
  }

  void check_pairs() const {
    at_most_one([](const Acting& a) { return a.traits.maps_far; }, "where far tokens stand");
    at_most_one([](const Acting& a) { return a.traits.moves_tokens || a.traits.on_a_grid; }, "where tokens stand");
    at_most_one([](const Acting& a) { return a.item->questions.normalise; }, "how logits become weights");
    at_most_one([](const Acting& a) { return a.traits.gives_turning; }, "how fast position turns vectors");
    const Acting* table = first([](const Acting& a) { return a.traits.whole_numbers_only; });
    const Acting* fractions = first([](const Acting& a) { return a.traits.fractions; });
    if (table && fractions)
      refuse(
          "'{}' reads a table with one entry a whole position, but '{}' gives positions in between: take whole "
          "positions, or a method that is a function of position",
          table->name(), fractions->name());
    const Acting* ranks = first([](const Acting& a) { return a.traits.ranks_in_cache; });
    const Acting* place = first([](const Acting& a) { return a.traits.reads_query_place; });
    if (ranks && place)
      refuse(
          "'{}' looks at where a query stands in the text, which '{}' does not keep: its positions are places in a "
          "cache or a chunk, which never grow",
          place->name(), ranks->name());
    const Acting* sink = first([](const Acting& a) { return a.traits.gives_sink; });
    const Acting* apart = first([](const Acting& a) { return a.traits.weighs_apart; });
    if (sink && apart)
      refuse("'{}' takes weight that other keys would get, but under '{}' keys share none: it would change nothing",
             sink->name(), apart->name());
    const Acting* past = first([](const Acting& a) { return a.traits.past_only; });
    const Acting* ahead = first([](const Acting& a) { return a.traits.looks_ahead; });
    if (past && ahead)
      refuse("'{}' is defined for keys before the query only, but '{}' shows keys behind it", past->name(),
             ahead->name());
    if (const Acting* grid = first([](const Acting& a) { return a.traits.on_a_grid; })) {
      const Acting* line = first(
          [](const Acting& a) { return a.traits.maps_far || a.item->questions.bias || a.traits.reads_query_place; });
      if (line)
        refuse("'{}' reads one distance for a pair of tokens, but on the grid of '{}' they have two", line->name(),
               grid->name());
    }
  }

  void check_order() const {
    bool turning = false, biased = false;
    const Acting* far = nullptr;
    for (const Acting& one : acting) {
      const bool later_turning = first([](const Acting& a) { return a.traits.gives_turning; }) != nullptr;
      if (one.traits.needs_turning && !turning && later_turning)
        refuse("'{0}' stands before the modifier whose frequencies it edits: put '{0}' behind it", one.name());
      if ((one.traits.moves_tokens || one.traits.on_a_grid) && far)
        refuse("'{}' says where tokens stand and must come before '{}', which reads it", one.name(), far->name());
      if (one.traits.needs_bias && !biased)
        refuse("'{}' works on the bias of others: put one (alibi, kerple, fire) before it", one.name());
      turning = turning || one.traits.gives_turning;
      biased = biased || one.item->questions.bias || (one.item->questions.rewrite && !one.traits.needs_bias);
      if (one.traits.maps_far) far = &one;
    }
  }
};

}  // namespace

void check_compatible(const std::vector<Stack::Item>& items) {
  for (const bool training : {true, false}) {
    const Compatibility mode(items, training);
    mode.check_pairs();
    mode.check_order();
  }
}

}  // namespace lx
