// What an element of the override grammar comes to: one value, or a sweep over several.
#pragma once

#include "base/random.h"
#include "config/element.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lx::config {

/// An element whose function calls are carried out.
struct Evaluated {
  enum class Kind { value, choice, range, interval, glob };
  enum class Order { as_written, ascending, descending };
  Kind kind = Kind::value;
  Element value;                              // of a value; no call is left in it
  std::vector<Element> choices;               // of a choice
  Node start, stop, step;                     // of a range: integers, or floats
  Order order = Order::as_written;            // of a range
  std::optional<int64_t> shuffle;             // of a range: the seed of its disorder
  double low = 0, high = 0;                   // of an interval
  bool integer = false;                       // of an interval: int(interval(...))
  std::vector<std::string> include, exclude;  // of a glob
  std::vector<std::string> tags;              // labels of tag(...), in the order given
};

/// Throws Error with `place` for what cannot be carried out: int(x), a sweep inside a list, ...
Evaluated evaluate(const Element& element, const Place& place);

/// The values of a range in their final order. Refused: a step of zero, more than a million values, inf and nan.
/// Floats step on their decimal text: range(0,1,0.1) holds 0.7, not 0.7000000000000001.
std::vector<Node> range_values(const Evaluated& range, const Place& place);

/// int, float, str, bool or json_str of a value, in lists and dicts value by value (json_str: the whole).
Element cast_element(const std::string& function, const Element& value, const Place& place);

/// In numerical or alphabetical order; refuses what has no order.
void sort_elements(std::vector<Element>& items, bool reverse, const Place& place);

/// The same seed gives the same order on every machine.
template <class Item>
void shuffle_items(std::vector<Item>& items, int64_t seed) {
  Random random(static_cast<uint64_t>(seed));
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

// The parts of a call.
bool is_cast(const std::string& function);
const Element* named_argument(const Element& call, std::string_view name);  // null when not given
std::vector<const Element*> subjects_of(const Element& call);               // all but reverse= and seed=

}  // namespace lx::config
