// Carrying out the functions of the override grammar: casts, sort and shuffle, and the sweeps they are applied to.
#include "base/error.h"
#include "base/text.h"
#include "config/evaluate.h"
#include "config/scalar.h"

#include <algorithm>
#include <cmath>

namespace lx::config {

namespace {

bool is_numeric(const Node& node) {
  return node.kind() == Node::Kind::integer || node.kind() == Node::Kind::real || node.kind() == Node::Kind::boolean;
}
double sort_key(const Node& node) {
  return node.kind() == Node::Kind::boolean ? (node.boolean() ? 1 : 0) : node.real();
}

struct CallEvaluator {
  const Element& call;
  const Place& place;

  [[noreturn]] void wrong(const std::string& what) const {
    fail_at(place, fmt::format("{}(): {}", call.function, what));
  }

  Element single(const Element& element) const {
    Evaluated out = argument_value(element);
    if (out.kind != Evaluated::Kind::value) wrong("a sweep cannot stand inside a single value");
    return std::move(out.value);
  }

  // Hydra drops the quotes of text that is itself an argument: choice('a b') prints a\ b.
  Evaluated argument_value(const Element& element) const {
    Evaluated out = evaluate(element, place);
    out.value.quote = '\0';
    return out;
  }

  Evaluated run() const {
    if (call.function == "choice") return choices(subjects_of(call));
    if (call.function == "range") return range();
    if (call.function == "interval") return interval();
    if (call.function == "glob") return glob();
    if (call.function == "tag") return tag();
    if (call.function == "extend_list") wrong("must be the whole value, as in key=extend_list(a,b)");
    const auto subjects = subjects_of(call);
    Evaluated subject = subjects.size() == 1 ? argument_value(*subjects[0]) : choices(subjects);
    if (subject.kind == Evaluated::Kind::glob) wrong("cannot be applied to glob()");
    if (is_cast(call.function)) return cast(std::move(subject));
    return call.function == "sort" ? sort(std::move(subject)) : shuffle(std::move(subject));
  }

  Evaluated choices(const std::vector<const Element*>& items) const {
    Evaluated out;
    out.kind = Evaluated::Kind::choice;
    for (const Element* item : items) out.choices.push_back(single(*item));
    return out;
  }

  const Node* number(std::string_view name, size_t position) const {
    if (const Element* named = named_argument(call, name)) return &named->scalar;
    return position < call.items.size() && call.names[position].empty() ? &call.items[position].scalar : nullptr;
  }

  Evaluated range() const {
    Evaluated out;
    out.kind = Evaluated::Kind::range;
    const Node *start = number("start", 0), *stop = number("stop", 1), *step = number("step", 2);
    out.start = stop && start ? *start : Node(0);
    out.stop = stop ? *stop : *start;
    out.step = step ? *step : Node(1);
    return out;
  }

  Evaluated interval() const {
    Evaluated out;
    out.kind = Evaluated::Kind::interval;
    out.low = number("start", 0)->real();
    out.high = number("end", 1)->real();
    if (!std::isfinite(out.low) || !std::isfinite(out.high) || !(out.low < out.high))
      wrong(fmt::format("needs two numbers, the smaller one first, got {} and {}", python_text(Node(out.low)),
                        python_text(Node(out.high))));
    return out;
  }

  std::vector<std::string> patterns(const Element* argument) const {
    if (!argument) return {};
    const Element value = single(*argument);
    std::vector<Element> items{value};
    if (value.kind == Element::Kind::list) items = value.items;
    std::vector<std::string> all;
    for (const Element& item : items) {
      if (item.kind != Element::Kind::scalar || !item.scalar.is_string())
        wrong(fmt::format("a pattern must be text, got {}", element_text(item)));
      all.push_back(item.scalar.string());
    }
    return all;
  }

  Evaluated glob() const {
    Evaluated out;
    out.kind = Evaluated::Kind::glob;
    const auto argument = [&](std::string_view name, size_t position) {
      const Element* named = named_argument(call, name);
      const bool there = !named && position < call.items.size() && call.names[position].empty();
      return there ? &call.items[position] : named;
    };
    out.include = patterns(argument("include", 0));
    out.exclude = patterns(argument("exclude", 1));
    if (out.include.empty()) wrong("needs a pattern, as in glob(*)");
    return out;
  }

  Evaluated tag() const {
    const Element* named = named_argument(call, "sweep");
    const Element& last = named ? *named : call.items.back();
    Evaluated out = evaluate(last, place);
    if (out.kind == Evaluated::Kind::value || out.kind == Evaluated::Kind::glob)
      wrong("Last argument to tag() must be a choice(), range() or interval()");
    std::vector<std::string> tags;
    for (const Element& item : call.items) {
      if (&item == &last) continue;
      const Element label = single(item);
      if (label.kind != Element::Kind::scalar || !label.scalar.is_string())
        wrong(fmt::format("tag arguments type must be string, got {}", element_text(label)));
      if (std::find(tags.begin(), tags.end(), label.scalar.string()) == tags.end())
        tags.push_back(label.scalar.string());
    }
    out.tags = std::move(tags);
    return out;
  }

  Evaluated cast(Evaluated subject) const {
    const std::string& to = call.function;
    switch (subject.kind) {
      case Evaluated::Kind::value:
        subject.value = cast_element(to, subject.value, place);
        break;
      case Evaluated::Kind::choice:
        for (Element& item : subject.choices) item = cast_element(to, item, place);
        break;
      case Evaluated::Kind::range:
        if (to != "int" && to != "float") wrong("Range can only be cast to int or float");
        for (Node* bound : {&subject.start, &subject.stop, &subject.step}) {
          Element element;
          element.scalar = *bound;
          *bound = cast_element(to, element, place).scalar;
        }
        break;
      case Evaluated::Kind::interval:
        if (to != "int" && to != "float") wrong("Intervals cannot be cast to " + to);
        subject.integer = to == "int";
        if (subject.integer) whole_interval(subject);
        break;
      case Evaluated::Kind::glob:
        break;
    }
    return subject;
  }

  void whole_interval(Evaluated& interval) const {
    constexpr double most = 9007199254740992;  // 2^53: beyond, doubles skip integers
    interval.low = std::trunc(interval.low);
    interval.high = std::trunc(interval.high);
    if (!(std::abs(interval.low) <= most && std::abs(interval.high) <= most && interval.low < interval.high))
      wrong(fmt::format("no integers between {} and {} can be told apart", format_double(interval.low),
                        format_double(interval.high)));
  }

  Evaluated sort(Evaluated subject) const {
    const Element* argument = named_argument(call, "reverse");
    const bool reverse = argument && element_value(*argument, place).boolean();
    if (subject.kind == Evaluated::Kind::interval) wrong("an interval has no order");
    if (subject.kind == Evaluated::Kind::choice) sort_elements(subject.choices, reverse, place);
    if (subject.kind == Evaluated::Kind::value && subject.value.kind == Element::Kind::list)
      sort_elements(subject.value.items, reverse, place);
    subject.order = reverse ? Evaluated::Order::descending : Evaluated::Order::ascending;
    subject.shuffle.reset();
    return subject;
  }

  Evaluated shuffle(Evaluated subject) const {
    const Element* argument = named_argument(call, "seed");
    const int64_t seed = argument ? element_value(*argument, place).integer() : 0;
    if (subject.kind == Evaluated::Kind::interval) wrong("an interval has no order");
    if (subject.kind == Evaluated::Kind::choice) shuffle_items(subject.choices, seed);
    if (subject.kind == Evaluated::Kind::range) subject.shuffle = seed;
    if (subject.kind != Evaluated::Kind::value) return subject;
    if (subject.value.kind == Element::Kind::list) {
      shuffle_items(subject.value.items, seed);
    } else {  // Hydra: a single value becomes a list of one
      Element list;
      list.kind = Element::Kind::list;
      list.items.push_back(std::move(subject.value));
      subject.value = std::move(list);
    }
    return subject;
  }
};

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

Node node_of(const Element& element) {
  if (element.kind == Element::Kind::scalar) return element.scalar;
  if (element.kind == Element::Kind::list) {
    List items;
    for (const Element& item : element.items) items.push_back(node_of(item));
    return Node(std::move(items));
  }
  Map items;
  for (size_t i = 0; i < element.items.size(); ++i) items[element.names[i]] = node_of(element.items[i]);
  return Node(std::move(items));
}

}  // namespace

void sort_elements(std::vector<Element>& items, bool reverse, const Place& place) {
  if (items.size() < 2) return;
  bool numbers = true, texts = true;
  for (const Element& item : items) {
    const bool scalar = item.kind == Element::Kind::scalar;
    numbers = numbers && scalar && is_numeric(item.scalar) && !std::isnan(sort_key(item.scalar));
    texts = texts && scalar && item.scalar.is_string();
  }
  if (!numbers && !texts) fail_at(place, "sort(): only all numbers or all strings can be sorted");
  const auto less = [&](const Element& a, const Element& b) {
    return numbers ? sort_key(a.scalar) < sort_key(b.scalar) : a.scalar.string() < b.scalar.string();
  };
  std::stable_sort(items.begin(), items.end(),
                   [&](const Element& a, const Element& b) { return reverse ? less(b, a) : less(a, b); });
}

Evaluated evaluate(const Element& element, const Place& place) {
  if (element.kind == Element::Kind::call) return CallEvaluator{element, place}.run();
  Evaluated out;
  out.value = element;
  for (Element& item : out.value.items) {
    Evaluated inner = evaluate(item, place);
    if (inner.kind != Evaluated::Kind::value) fail_at(place, "a sweep cannot stand inside a list or dict");
    item = std::move(inner.value);
  }
  return out;
}

Node element_value(const Element& element, const Place& place) {
  const Evaluated evaluated = evaluate(element, place);
  if (evaluated.kind != Evaluated::Kind::value) fail_at(place, "a sweep cannot stand inside a single value");
  Node value = node_of(evaluated.value);
  set_places(value, place);
  return value;
}

}  // namespace lx::config
