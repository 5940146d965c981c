// The functions of the override grammar: which arguments they take, and which calls stand for several values.
#include "base/text.h"
#include "config/element.h"
#include "config/evaluate.h"

#include <fmt/format.h>

#include <algorithm>

namespace lx::config {

namespace {

struct Signature {
  std::string name;
  std::vector<std::string> parameters;  // "*" stands for any number of positional arguments
  size_t required;                      // how many arguments at least
};

const std::vector<Signature>& signatures() {
  static const std::vector<Signature> all = {
      {"bool", {"*", "value"}, 1},
      {"choice", {"*"}, 1},
      {"extend_list", {"*"}, 0},
      {"float", {"*", "value"}, 1},
      {"glob", {"include", "exclude"}, 1},
      {"int", {"*", "value"}, 1},
      {"interval", {"start", "end"}, 2},
      {"json_str", {"*", "value"}, 1},
      {"range", {"start", "stop", "step"}, 1},
      {"shuffle", {"*", "sweep", "list", "seed"}, 1},
      {"sort", {"*", "sweep", "list", "reverse"}, 1},
      {"str", {"*", "value"}, 1},
      {"tag", {"*", "sweep"}, 1},
  };
  return all;
}

bool is_number(const Element& element) {
  return element.kind == Element::Kind::scalar && element.quote == '\0' &&
         (element.scalar.kind() == Node::Kind::integer || element.scalar.kind() == Node::Kind::real);
}

// What the rules that concern one function only say.
std::string special_problem(const Element& call) {
  const std::string& function = call.function;
  if (function == "choice") {
    for (const Element& item : call.items)
      if (is_sweep(item)) return "choice(): nesting choices is not supported";
  } else if (function == "range" || function == "interval") {
    for (const Element& item : call.items)
      if (!is_number(item)) return function + "(): every argument must be a number";
    const bool positional = call.names[0].empty();  // range(8) is range(stop=8)
    if (function == "range" && !positional && !(named_argument(call, "start") && named_argument(call, "stop")))
      return "range(): needs stop beside start";
  } else if (is_cast(function) || function == "sort" || function == "shuffle") {
    const size_t subjects = subjects_of(call).size();
    size_t positional = 0;
    for (const std::string& name : call.names) positional += name.empty();
    if (subjects == 0) return function + "(): needs something to order";
    if (const Element* list = named_argument(call, "list"); list && list->kind != Element::Kind::list)
      return function + "(): list= takes a list";
    if (const Element* sweep = named_argument(call, "sweep"); sweep && !is_sweep(*sweep))
      return function + "(): sweep= takes a sweep";
    if (subjects > 1 && positional < subjects) return function + "(): cannot use both positional and named arguments";
  }
  return "";
}

}  // namespace

bool is_cast(const std::string& function) {
  return function == "int" || function == "float" || function == "str" || function == "bool" || function == "json_str";
}

const Element* named_argument(const Element& call, std::string_view name) {
  for (size_t i = 0; i < call.items.size(); ++i)
    if (call.names[i] == name) return &call.items[i];
  return nullptr;
}

std::vector<const Element*> subjects_of(const Element& call) {
  std::vector<const Element*> all;
  for (size_t i = 0; i < call.items.size(); ++i)
    if (call.names[i] != "reverse" && call.names[i] != "seed") all.push_back(&call.items[i]);
  return all;
}

std::string call_problem(const Element& call) {
  std::vector<std::string> known;
  const Signature* signature = nullptr;
  for (const Signature& candidate : signatures()) {
    known.push_back(candidate.name);
    if (candidate.name == call.function) signature = &candidate;
  }
  if (!signature)
    return fmt::format("Unknown function '{}'{} (known: {}); quote the value if it is meant as text", call.function,
                       did_you_mean(call.function, known), join(known, ", "));
  const std::vector<std::string>& parameters = signature->parameters;
  const bool variadic = parameters[0] == "*";
  std::vector<std::string> given;
  for (size_t i = 0; i < call.items.size(); ++i) {
    std::string name = call.names[i];
    if (name.empty() && variadic) continue;
    if (name.empty() && i < parameters.size()) name = parameters[i];
    if (name.empty()) return fmt::format("{}(): takes at most {} arguments", call.function, parameters.size());
    if (name == "*" || std::find(parameters.begin(), parameters.end(), name) == parameters.end())
      return fmt::format("{}(): got an unexpected argument '{}'{}", call.function, name,
                         did_you_mean(name, parameters));
    if (std::find(given.begin(), given.end(), name) != given.end())
      return fmt::format("{}(): got multiple values for argument '{}'", call.function, name);
    given.push_back(name);
  }
  if (call.items.size() < signature->required)
    return fmt::format("{}(): needs at least {} argument{}", call.function, signature->required,
                       signature->required > 1 ? "s" : "");
  return special_problem(call);
}

bool is_sweep(const Element& element) {
  if (element.kind != Element::Kind::call || element.function == "extend_list")
    return std::any_of(element.items.begin(), element.items.end(), [](const Element& item) { return is_sweep(item); });
  if (!is_cast(element.function) && element.function != "sort" && element.function != "shuffle") return true;
  const auto subjects = subjects_of(element);
  return subjects.size() != 1 || is_sweep(*subjects[0]);
}

}  // namespace lx::config
