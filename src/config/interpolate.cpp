// Evaluates the interpolations of a configuration: references by walking the tree, calls through the resolvers.
#include "config/interpolate.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/resolvers.h"
#include "config/scalar.h"
#include "config/template.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>

namespace lx::config {

namespace {

// Those that look at the tree around them; the others are in resolvers.cpp.
constexpr std::array<std::string_view, 5> kTreeResolvers = {"oc.decode", "oc.deprecated", "oc.dict.keys",
                                                            "oc.dict.values", "oc.select"};

// A node and where it stands, so that relative references know their holder. `finished` nodes hold no interpolations.
struct Spot {
  const Node* node = nullptr;
  std::vector<std::string> path;
  bool finished = false;
};

class Interpolator {
 public:
  Interpolator(const Node& root, const NamedNodes& named) : root_(root), named_(named) {}

  Node all() { return value({&root_, {}, false}); }

 private:
  static constexpr int kDeepest = 500;
  static constexpr size_t kMostNodes = 1'000'000;
  const Node& root_;
  const NamedNodes& named_;
  std::map<const Node*, Node> done_;
  std::set<const Node*> evaluating_, walking_;
  std::deque<Node> made_;  // results of calls that references walk through
  int depth_ = 0;
  size_t count_ = 0;

  // Marks a node as being evaluated (or walked through), and counts how deep we are.
  class Visit {
   public:
    Visit(Interpolator& owner, const Spot& spot, std::set<const Node*>* busy)
        : owner_(owner), node_(spot.node), busy_(busy) {
      if (owner.depth_ >= kDeepest)
        owner.wrong(spot, fmt::format("interpolations refer to each other more than {} deep", kDeepest));
      if (busy && !busy->insert(node_).second) owner.wrong(spot, "Recursive interpolation detected");
      ++owner.depth_;
    }
    ~Visit() {
      --owner_.depth_;
      if (busy_) busy_->erase(node_);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Interpolator& owner_;
    const Node* node_;
    std::set<const Node*>* busy_;
  };

  [[noreturn]] void wrong(const Spot& spot, const std::string& what) const {
    fail_at(spot.node->place,
            fmt::format("{} (full_key: {}, object_type={})", what, join(spot.path, "."), holder_kind(spot)));
  }
  std::string_view holder_kind(const Spot& spot) const {
    const Node* at = &root_;
    for (size_t i = 0; at && i + 1 < spot.path.size(); ++i) at = at->find(spot.path[i]);
    return at ? at->kind_name() : "dict";
  }

  static bool interpolated(const Spot& spot) {
    return !spot.finished && spot.node->is_string() && spot.node->string().find("${") != std::string::npos;
  }

  Node value(const Spot& spot) {
    if (spot.finished) return counted(*spot.node, spot);
    if (interpolated(spot)) return counted(evaluated(spot), spot);
    if (!spot.node->is_list() && !spot.node->is_map()) return *spot.node;
    const Visit visit(*this, spot, nullptr);
    Spot child = spot;
    child.path.emplace_back();
    Node out;
    if (spot.node->is_list()) {
      List items;
      for (const Node& item : spot.node->list()) {
        child.node = &item;
        child.path.back() = std::to_string(items.size());
        items.push_back(value(child));
      }
      out = Node(std::move(items));
    } else {
      Map entries;
      for (const auto& [key, item] : spot.node->map()) {
        child.node = &item;
        child.path.back() = key;
        entries[key] = value(child);
        entries.set_key_place(key, spot.node->map().key_place(key));
      }
      out = Node(std::move(entries));
    }
    out.place = spot.node->place;
    return out;
  }

  // Every copy of a result counts: a few lines that refer to each other can stand for more values than memory holds.
  const Node& counted(const Node& result, const Spot& spot) {
    count_ += count_nodes(result);
    if (count_ > kMostNodes) wrong(spot, "interpolations expand to more than a million values");
    return result;
  }

  const Node& evaluated(const Spot& spot) {
    if (const auto found = done_.find(spot.node); found != done_.end()) return found->second;
    const Visit visit(*this, spot, &evaluating_);
    Node out = template_value(parse_template(spot.node->string(), spot.node->place), false, spot);
    out.place = spot.node->place;
    return done_[spot.node] = std::move(out);
  }

  // The node that an interpolated one stands for, without evaluating what lies below it.
  Spot target(const Spot& spot) {
    if (!interpolated(spot)) return spot;
    const Template parts = parse_template(spot.node->string(), spot.node->place);
    if (parts.size() == 1 && parts[0].kind == TemplatePart::Kind::reference) {
      const Visit visit(*this, spot, &walking_);
      return target(referred(text_of(parts[0].head, spot), spot));
    }
    made_.push_back(evaluated(spot));
    return {&made_.back(), spot.path, true};
  }

  Node template_value(const Template& parts, bool as_text, const Spot& spot) {
    if (parts.size() == 1 && !as_text && parts[0].kind != TemplatePart::Kind::text) return part_value(parts[0], spot);
    return Node(text_of(parts, spot));
  }

  std::string text_of(const Template& parts, const Spot& spot) {
    std::string out;
    for (const TemplatePart& part : parts)
      out += part.kind == TemplatePart::Kind::text ? part.text : python_text(part_value(part, spot));
    return out;
  }

  Node part_value(const TemplatePart& part, const Spot& spot) {
    const std::string head = text_of(part.head, spot);
    if (part.kind == TemplatePart::Kind::call) return call(head, part, spot);
    const Spot found = referred(head, spot);
    if (found.node->is_missing()) missing_value(head, spot);
    Node out = value(found);
    if (out.is_missing()) missing_value(head, spot);
    return out;
  }

  [[noreturn]] void missing_value(const std::string& key, const Spot& spot) const {
    wrong(spot, fmt::format("MissingMandatoryValue while resolving interpolation: Missing mandatory value: {}", key));
  }

  Spot referred(const std::string& key, const Spot& spot) {
    std::string hint;
    if (auto found = find(key, spot, hint)) return *found;
    wrong(spot, fmt::format("Interpolation key '{}' not found{}", key, hint));
  }

  std::optional<Spot> find(const std::string& key, const Spot& spot, std::string& hint) {
    const size_t dots = key.find_first_not_of('.') == std::string::npos ? key.size() : key.find_first_not_of('.');
    Spot at{&root_, {}, false};
    if (dots > 0) {  // one dot is the holder of this value, each more one parent up
      if (dots > spot.path.size()) return std::nullopt;
      for (size_t i = 0; i + dots < spot.path.size(); ++i) at = *step(at, spot.path[i]);
      if (dots == key.size()) return at;
    }
    std::string walked(key, 0, dots);
    for (const std::string& name : reference_keys(std::string_view(key).substr(dots), spot.node->place)) {
      at = target(at);
      if (at.node->is_missing()) missing_value(walked, spot);
      const auto next = step(at, name);
      if (!next) {
        hint = at.node->is_map() ? hint_for(name, walked, at.node->map().keys()) : "";
        return std::nullopt;
      }
      walked += (walked.empty() || walked.back() == '.' ? "" : ".") + name;
      at = *next;
    }
    return at;
  }

  static std::optional<Spot> step(const Spot& at, const std::string& name) {
    const Node* next = nullptr;
    if (at.node->is_map())
      next = at.node->map().find(name);
    else if (at.node->is_list() && name.find('.') == std::string::npos && !name.empty())
      next = at.node->find(name);
    if (!next) return std::nullopt;
    Spot out{next, at.path, at.finished};
    out.path.push_back(name);
    return out;
  }

  Node argument_value(const TemplateArgument& argument, const Spot& spot) {
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

  Node call(const std::string& name, const TemplatePart& part, const Spot& spot) {
    std::vector<Node> arguments;
    for (const TemplateArgument& argument : part.arguments) arguments.push_back(argument_value(argument, spot));
    if (std::find(kTreeResolvers.begin(), kTreeResolvers.end(), name) != kTreeResolvers.end())
      return tree_call(name, arguments, spot);
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

  [[noreturn]] void unsupported(const std::string& name, const Spot& spot) const {
    std::vector<std::string> known = resolver_names();
    known.insert(known.end(), kTreeResolvers.begin(), kTreeResolvers.end());
    for (const auto& [other, node] : named_) known.push_back(other);
    wrong(spot, fmt::format("Unsupported interpolation type {}{} (known: {})", name, did_you_mean(name, known),
                            join(known, ", ")));
  }

  Node tree_call(const std::string& name, const std::vector<Node>& arguments, const Spot& spot) {
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
};

}  // namespace

Node resolve(const Node& root, const NamedNodes& named) { return Interpolator(root, named).all(); }

}  // namespace lx::config
