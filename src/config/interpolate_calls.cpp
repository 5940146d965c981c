// The calls in interpolations: resolvers of the table, and those that look at the tree around them.
#include "base/log.h"
#include "base/text.h"
#include "config/interpolator.h"
#include "config/override_dirname.h"
#include "config/resolvers.h"
#include "config/scalar.h"

#include <algorithm>
#include <array>

namespace lx::config {

namespace {
// Those that look at the tree around them; the others are in resolvers.cpp.
constexpr std::array<std::string_view, 5> kTreeResolvers = {"oc.decode", "oc.deprecated", "oc.dict.keys",
                                                            "oc.dict.values", "oc.select"};
}  // namespace

Node Interpolator::argument_value(const TemplateArgument& argument, const Spot& spot) {
  switch (argument.kind) {
    case TemplateArgument::Kind::scalar:
      return argument.scalar;
    case TemplateArgument::Kind::text:
      return template_value(argument.text, argument.quoted, spot);
    case TemplateArgument::Kind::list: {
      List items;
      for (const TemplateArgument& item : argument.items) items.push_back(argument_value(item, spot));
      return Node(std::move(items));
    }
    case TemplateArgument::Kind::dict: {
      Map items;
      for (size_t i = 0; i < argument.items.size(); ++i)
        items[argument.names[i]] = argument_value(argument.items[i], spot);
      return Node(std::move(items));
    }
  }
  return Node();
}

Node Interpolator::call(const std::string& name, const TemplatePart& part, const Spot& spot) {
  std::vector<Node> arguments;
  for (const TemplateArgument& argument : part.arguments) arguments.push_back(argument_value(argument, spot));
  if (std::find(kTreeResolvers.begin(), kTreeResolvers.end(), name) != kTreeResolvers.end())
    return tree_call(name, arguments, spot);
  if (name == "hydra" && hydra_apart_) return hydra_value(arguments, spot);
  if (name == "hydra_override_dirname" && hydra_apart_) return override_dirname(arguments, spot);
  if (const auto found = named_.find(name); found != named_.end()) {
    const std::string key = arguments.size() == 1 ? python_text(arguments[0]) : "";
    const Node* node = found->second.find(key);
    if (!node) wrong(spot, fmt::format("Interpolation key '{}:{}' not found", name, key));
    return *node;
  }
  const Resolver* resolver = find_resolver(name);
  if (!resolver) unsupported(name, spot);
  try {
    return (*resolver)(arguments);
  } catch (const Error& error) {
    wrong(spot, fmt::format("the resolver '{}': {}", name, error.what()));
  }
}

Node Interpolator::hydra_value(const std::vector<Node>& arguments, const Spot& spot) {
  if (arguments.size() != 1) wrong(spot, "one key stands in ${hydra:KEY}, for example ${hydra:job.num}");
  const std::string key = python_text(arguments[0]);
  Spot at{root_.find("hydra"), {"hydra"}, false};
  for (const std::string& name : reference_keys(key, spot.node->place)) {
    at = target(at);
    const auto next = step(at, name);
    if (!next)
      wrong(spot, fmt::format("Interpolation key 'hydra:{}' not found{}", key,
                              at.node->is_map() ? did_you_mean(name, at.node->map().keys()) : ""));
    at = *next;
  }
  if (at.node->is_missing()) missing_value("hydra:" + key, spot);
  Node out = value(at);
  if (out.is_missing()) missing_value("hydra:" + key, spot);
  return out;
}

Node Interpolator::override_dirname(const std::vector<Node>& arguments, const Spot& spot) {
  DirnameStyle style;
  std::vector<std::string> items;
  const auto prepare = [&] {
    style = read_dirname_style(arguments.empty() ? part({"hydra", "job", "config", "override_dirname"}) : arguments[0]);
    items = dirname_items(*root_.find("hydra.overrides.task"), style);
  };
  try {
    prepare();
  } catch (const Error& error) {
    wrong(spot, error.what());
  }
  std::string out;
  for (const std::string& item : items) {
    Node text(item);
    if (item.find("${") != std::string::npos)
      text = Node(python_text(template_value(parse_template(item, spot.node->place), true, spot)));
    if (style.element_resolver) {
      const Resolver* resolver = find_resolver(*style.element_resolver);
      if (!resolver) wrong(spot, fmt::format("Unknown OmegaConf resolver '{}'", *style.element_resolver));
      text = Node(python_text((*resolver)({text})));
    }
    out += (&item == &items.front() ? "" : style.item_sep) + text.string();
  }
  return Node(out);
}

void Interpolator::unsupported(const std::string& name, const Spot& spot) const {
  std::vector<std::string> known = resolver_names();
  known.insert(known.end(), kTreeResolvers.begin(), kTreeResolvers.end());
  for (const auto& [other, node] : named_) known.push_back(other);
  wrong(spot, fmt::format("Unsupported interpolation type {}{} (known: {})", name, did_you_mean(name, known),
                          join(known, ", ")));
}

Node Interpolator::tree_call(const std::string& name, const std::vector<Node>& arguments, const Spot& spot) {
  const size_t most = name == "oc.select" ? 2 : 1;
  if (arguments.empty() || arguments.size() > most)
    wrong(spot, fmt::format("the resolver '{}' takes {} argument{}, got {}", name, most == 2 ? "1 or 2" : "1",
                            most == 2 ? "s" : "", arguments.size()));
  const Node& first = arguments[0];
  if (name == "oc.decode") {
    if (first.is_null()) return Node();
    if (!first.is_string())
      wrong(spot, fmt::format("the resolver 'oc.decode' needs a str or null, got the {} '{}'", first.kind_name(),
                              python_text(first)));
    return argument_value(parse_template_element(first.string(), spot.node->place), spot);
  }
  const std::string key = python_text(first);
  std::string hint;
  if (name == "oc.deprecated") {
    log::warning("{}'{}' is deprecated; use '{}'", spot.node->place.prefix(), join(spot.path, "."), key);
    return value(referred(key, spot));
  }
  if (name == "oc.select") {
    if (!first.is_string())
      wrong(spot, fmt::format("the resolver 'oc.select' needs a key, got the {} '{}'", first.kind_name(), key));
    const auto found = find(key, spot, hint);
    Node selected = found && !found->node->is_missing() ? value(*found) : Node("???");
    if (!selected.is_missing()) return selected;
    return arguments.size() == 2 ? arguments[1] : Node();
  }
  const bool keys = name == "oc.dict.keys";  // they need no values, which may refer to them
  const Node whole = first.is_map() ? first : keys ? *target(referred(key, spot)).node : value(referred(key, spot));
  if (!whole.is_map())
    wrong(spot, fmt::format("the resolver '{}' needs a dict, but '{}' is a {}", name, key, whole.kind_name()));
  List items;
  for (const auto& [entry, item] : whole.map()) items.push_back(keys ? Node(entry) : item);
  return Node(std::move(items));
}

}  // namespace lx::config
