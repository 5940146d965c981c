// Functions of the override grammar: which arguments they take, which of them are sweeps, and what the casts yield.
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "config/element.h"
#include "config/scalar.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace lx::config {

namespace {

struct Signature {
  std::string name;
  std::vector<std::string> parameters;  // "*" stands for any number of positional arguments
  size_t required;                      // how many arguments at least
};

const std::vector<Signature>& signatures() {
  static const std::vector<Signature> all = {
      {"bool", {"value"}, 1},
      {"choice", {"*"}, 1},
      {"float", {"value"}, 1},
      {"glob", {"include", "exclude"}, 1},
      {"int", {"value"}, 1},
      {"interval", {"start", "end"}, 2},
      {"range", {"start", "stop", "step"}, 1},
      {"shuffle", {"*", "seed"}, 1},
      {"sort", {"*", "reverse"}, 1},
      {"str", {"value"}, 1},
      {"tag", {"*", "sweep"}, 1},
  };
  return all;
}

bool is_cast(const std::string& function) {
  return function == "int" || function == "float" || function == "str" || function == "bool";
}

bool is_number(const Element& element) {
  return element.kind == Element::Kind::scalar && element.quote == '\0' &&
         (element.scalar.kind() == Node::Kind::integer || element.scalar.kind() == Node::Kind::real);
}

[[noreturn]] void bad_call(const Element& call, const Place& place, const std::string& what) {
  fail_at(place, fmt::format("{}(): {}", call.function, what));
}

// The argument called `name`, or null.
const Element* named_argument(const Element& call, std::string_view name) {
  for (size_t i = 0; i < call.items.size(); ++i)
    if (call.names[i] == name) return &call.items[i];
  return nullptr;
}

std::vector<const Element*> positional_arguments(const Element& call) {
  std::vector<const Element*> all;
  for (size_t i = 0; i < call.items.size(); ++i)
    if (call.names[i].empty()) all.push_back(&call.items[i]);
  return all;
}

Node cast_scalar(const std::string& function, const Node& value, const Place& place) {
  const auto refuse = [&]() -> Node {
    fail_at(place,
            fmt::format("{}(): the {} '{}' cannot be converted", function, value.kind_name(), python_text(value)));
  };
  const auto kind = value.kind();
  using Kind = Node::Kind;
  if (function == "str") {
    if (kind == Kind::boolean) return Node(value.boolean() ? "true" : "false");
    return Node(value.is_null() ? std::string("null") : python_text(value));
  }
  if (value.is_null()) return refuse();
  if (function == "bool") {
    if (kind == Kind::boolean) return value;
    if (kind == Kind::integer) return Node(value.integer() != 0);
    if (kind == Kind::real) return Node(value.real() != 0);
    const Node word = element_scalar(value.string(), place);
    return word.kind() == Kind::boolean ? word : refuse();
  }
  if (kind == Kind::string) {
    if (function == "int") {
      const auto number = python_int(value.string());
      return number ? Node(*number) : refuse();
    }
    const auto number = python_float(value.string());
    return number ? Node(*number) : refuse();
  }
  if (function == "float") return Node(kind == Kind::boolean ? (value.boolean() ? 1.0 : 0.0) : value.real());
  if (kind == Kind::boolean) return Node(value.boolean() ? 1 : 0);
  if (kind == Kind::integer) return value;
  if (!(std::abs(value.real()) < 9.2e18)) return refuse();
  return Node(static_cast<int64_t>(value.real()));
}

Node cast_value(const std::string& function, const Node& value, const Place& place) {
  if (value.is_list()) {
    List items;
    for (const Node& item : value.list()) items.push_back(cast_value(function, item, place));
    return Node(std::move(items));
  }
  if (value.is_map()) {
    Map items;
    for (const auto& [key, item] : value.map()) items[key] = cast_value(function, item, place);
    return Node(std::move(items));
  }
  return cast_scalar(function, value, place);
}

void sort_list(const Element& call, List& items, const Place& place) {
  const auto numeric = [](const Node& n) { return n.kind() == Node::Kind::integer || n.kind() == Node::Kind::real; };
  const bool numbers = std::all_of(items.begin(), items.end(), numeric);
  const bool texts = std::all_of(items.begin(), items.end(), [](const Node& n) { return n.is_string(); });
  if (!numbers && !texts) bad_call(call, place, "only all numbers or all strings can be sorted");
  std::stable_sort(items.begin(), items.end(), [&](const Node& a, const Node& b) {
    return numbers ? a.real() < b.real() : a.string() < b.string();
  });
  const Element* reverse = named_argument(call, "reverse");
  if (reverse && element_value(*reverse, place).boolean()) std::reverse(items.begin(), items.end());
}

void shuffle_list(const Element& call, List& items, const Place& place) {
  const Element* seed = named_argument(call, "seed");
  Random random(seed ? static_cast<uint64_t>(element_value(*seed, place).integer()) : 0);
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

void set_places(Node& node, const Place& place) {
  node.place = place;
  if (node.is_list())
    for (Node& item : node.list()) set_places(item, place);
  if (node.is_map())
    for (auto& [key, value] : node.map()) {
      set_places(value, place);
      node.map().set_key_place(key, place);
    }
}

Node bare_value(const Element& element, const Place& place) {
  switch (element.kind) {
    case Element::Kind::scalar:
      return element.scalar;
    case Element::Kind::list: {
      List items;
      for (const Element& item : element.items) items.push_back(bare_value(item, place));
      return Node(std::move(items));
    }
    case Element::Kind::dict: {
      Map items;
      for (size_t i = 0; i < element.items.size(); ++i) items[element.names[i]] = bare_value(element.items[i], place);
      return Node(std::move(items));
    }
    case Element::Kind::call:
      break;
  }
  if (is_sweep(element)) bad_call(element, place, "a sweep cannot stand inside a single value");
  Node value = bare_value(element.items[0], place);
  if (is_cast(element.function)) return cast_value(element.function, value, place);
  if (element.function == "sort")
    sort_list(element, value.list(), place);
  else
    shuffle_list(element, value.list(), place);
  return value;
}

}  // namespace

void check_call(const Element& call, const Place& place) {
  std::vector<std::string> known;
  const Signature* signature = nullptr;
  for (const Signature& candidate : signatures()) {
    known.push_back(candidate.name);
    if (candidate.name == call.function) signature = &candidate;
  }
  if (!signature)
    fail_at(place, fmt::format("Unknown function '{}'{} (known: {}); quote the value if it is meant as text",
                               call.function, did_you_mean(call.function, known), join(known, ", ")));
  const bool variadic = signature->parameters[0] == "*";
  std::vector<std::string> given;
  for (size_t i = 0; i < call.items.size(); ++i) {
    std::string name = call.names[i];
    if (name.empty() && variadic) continue;
    if (name.empty() && i < signature->parameters.size()) name = signature->parameters[i];
    if (name.empty()) bad_call(call, place, fmt::format("takes at most {} arguments", signature->parameters.size()));
    if (name == "*" ||
        std::find(signature->parameters.begin(), signature->parameters.end(), name) == signature->parameters.end())
      bad_call(call, place,
               fmt::format("got an unexpected argument '{}'{}", name, did_you_mean(name, signature->parameters)));
    if (std::find(given.begin(), given.end(), name) != given.end())
      bad_call(call, place, fmt::format("got multiple values for argument '{}'", name));
    given.push_back(name);
  }
  if (call.items.size() < signature->required)
    bad_call(call, place,
             fmt::format("needs at least {} argument{}", signature->required, signature->required > 1 ? "s" : ""));
  if (call.function == "choice") {
    for (const Element& item : call.items)
      if (is_sweep(item)) bad_call(call, place, "nesting choices is not supported");
  } else if (call.function == "range" || call.function == "interval") {
    for (const Element& item : call.items)
      if (!is_number(item)) bad_call(call, place, "every argument must be a number");
    const Element* start = named_argument(call, "start");
    const bool alone = call.function == "range" && call.items.size() == 1 && start;
    if (alone) bad_call(call, place, "needs stop beside start");
  } else if ((call.function == "sort" || call.function == "shuffle") && positional_arguments(call).empty()) {
    bad_call(call, place, "needs something to order");
  }
}

bool is_sweep(const Element& element) {
  if (element.kind != Element::Kind::call)
    return std::any_of(element.items.begin(), element.items.end(), [](const Element& item) { return is_sweep(item); });
  if (is_cast(element.function)) return is_sweep(element.items[0]);
  if (element.function != "sort" && element.function != "shuffle") return true;
  const auto arguments = positional_arguments(element);
  if (arguments.size() != 1) return true;
  const Element::Kind kind = arguments[0]->kind;
  return kind == Element::Kind::scalar || kind == Element::Kind::dict || is_sweep(*arguments[0]);
}

Node element_value(const Element& element, const Place& place) {
  Node value = bare_value(element, place);
  set_places(value, place);
  return value;
}

}  // namespace lx::config
