// Evaluates the interpolations of a configuration: see interpolator.h.
#include "base/text.h"
#include "config/interpolator.h"
#include "config/scalar.h"

namespace lx::config {

void Interpolator::wrong(const Spot& spot, const std::string& what) const {
  fail_at(spot.node->place,
          fmt::format("{} (full_key: {}, object_type={})", what, join(spot.path, "."), holder_kind(spot)));
}

std::string_view Interpolator::holder_kind(const Spot& spot) const {
  const Node* at = &root_;
  for (size_t i = 0; at && i + 1 < spot.path.size(); ++i) at = at->find(spot.path[i]);
  return at ? at->kind_name() : "dict";
}

bool Interpolator::interpolated(const Spot& spot) {
  return !spot.finished && spot.node->is_string() && spot.node->string().find("${") != std::string::npos;
}

Node Interpolator::value(const Spot& spot) {
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

const Node& Interpolator::counted(const Node& result, const Spot& spot) {
  count_ += count_nodes(result);
  if (count_ > kMostNodes) wrong(spot, "interpolations expand to more than a million values");
  return result;
}

const Node& Interpolator::evaluated(const Spot& spot) {
  if (const auto found = done_.find(spot.node); found != done_.end()) return found->second;
  const Visit visit(*this, spot, &evaluating_);
  Node out = template_value(parse_template(spot.node->string(), spot.node->place), false, spot);
  out.place = spot.node->place;
  return done_[spot.node] = std::move(out);
}

Spot Interpolator::target(const Spot& spot) {
  if (!interpolated(spot)) return spot;
  const Template parts = parse_template(spot.node->string(), spot.node->place);
  if (parts.size() == 1 && parts[0].kind == TemplatePart::Kind::reference) {
    const Visit visit(*this, spot, &walking_);
    return target(referred(text_of(parts[0].head, spot), spot));
  }
  made_.push_back(evaluated(spot));
  return {&made_.back(), spot.path, true};
}

Node Interpolator::template_value(const Template& parts, bool as_text, const Spot& spot) {
  if (parts.size() == 1 && !as_text && parts[0].kind != TemplatePart::Kind::text) return part_value(parts[0], spot);
  return Node(text_of(parts, spot));
}

std::string Interpolator::text_of(const Template& parts, const Spot& spot) {
  std::string out;
  for (const TemplatePart& part : parts)
    out += part.kind == TemplatePart::Kind::text ? part.text : python_text(part_value(part, spot));
  return out;
}

Node Interpolator::part_value(const TemplatePart& part, const Spot& spot) {
  const std::string head = text_of(part.head, spot);
  if (part.kind == TemplatePart::Kind::call) return call(head, part, spot);
  const Spot found = referred(head, spot);
  if (found.node->is_missing()) missing_value(head, spot);
  Node out = value(found);
  if (out.is_missing()) missing_value(head, spot);
  return out;
}

void Interpolator::missing_value(const std::string& key, const Spot& spot) const {
  wrong(spot, fmt::format("MissingMandatoryValue while resolving interpolation: Missing mandatory value: {}", key));
}

Spot Interpolator::referred(const std::string& key, const Spot& spot) {
  std::string hint;
  if (auto found = find(key, spot, hint)) return *found;
  wrong(spot, fmt::format("Interpolation key '{}' not found{}", key, hint));
}

std::optional<Spot> Interpolator::find(const std::string& key, const Spot& spot, std::string& hint) {
  if (hydra_apart_ && (key + ".").starts_with("hydra.") && (spot.path.empty() || spot.path[0] != "hydra")) {
    if (key.size() > 6) hint = fmt::format("; the hydra node is reached as ${{hydra:{}}}", key.substr(6));
    return std::nullopt;
  }
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

std::string Interpolator::hint_for(const std::string& name, const std::string& walked,
                                   const std::vector<std::string>& keys) {
  std::string hint = did_you_mean(name, keys);
  const std::string start = "; did you mean '";
  if (!hint.empty() && !walked.empty()) hint.insert(start.size(), walked.back() == '.' ? walked : walked + ".");
  return hint;
}

std::optional<Spot> Interpolator::step(const Spot& at, const std::string& name) {
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

Node Interpolator::part(const std::vector<std::string>& path) {
  Spot at{&root_, {}, false};
  for (const std::string& key : path) {
    at = target(at);
    const auto next = step(at, key);
    if (!next) wrong(at, fmt::format("Key '{}' not found", key));
    at = *next;
  }
  return value(at);
}

Node Interpolator::without_hydra() {
  Map out;
  for (const auto& [key, item] : root_.map()) {
    if (key == "hydra") continue;
    out[key] = part({key});
    out.set_key_place(key, root_.map().key_place(key));
  }
  Node node(std::move(out));
  node.place = root_.place;
  return node;
}

Node resolve(const Node& root, const NamedNodes& named) { return Interpolator(root, named).all(); }

Node resolve_part(const Node& root, const std::string& path) {
  const NamedNodes none;
  return Interpolator(root, none, root.find("hydra") != nullptr).part(reference_keys(path));
}

}  // namespace lx::config
