// See apply_override.h. The texts of the errors are Hydra's, so that people find the answers written about them.
#include "config/apply_override.h"

#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"

namespace lx::config {

namespace {

struct OverrideApplier {
  Node& config;
  const Override& override;
  const std::vector<std::string>& groups;

  [[noreturn]] void fail_override(const std::string& text) const { fail_at(override.place, text); }

  [[noreturn]] void not_in_struct(const Node& holder, const std::string& key, const std::string& full_key) const {
    std::vector<std::string> known;
    if (holder.is_map()) known = holder.map().keys();
    const bool top = full_key == key;
    if (top) known.insert(known.end(), groups.begin(), groups.end());
    std::string reason = fmt::format("Key '{}' is not in struct{}", key, did_you_mean(key, known));
    if (holder.is_list())
      reason = fmt::format("list index '{}' is out of range: the list has {}", key, holder.list().size());
    fail_override(fmt::format(
        "Could not override '{}'.\nTo append to your config use +{}\n{}\n    full_key: {}\n    object_type={}",
        override.key, override.text, reason, full_key, holder.is_list() ? "list" : "dict"));
  }

  static bool is_interpolated(const Node& node) {
    return node.is_string() && node.string().find("${") != std::string::npos;
  }

  // The node that holds the last key. Adding makes the maps on the way.
  Node& holder(std::string& last) const {
    Node* at = &config;
    std::vector<std::string> keys = split(override.key, '.');
    last = keys.back();
    keys.pop_back();
    std::string full_key;
    const bool adding = override.kind == Override::Kind::add || override.kind == Override::Kind::force_add;
    for (const std::string& key : keys) {
      full_key += (full_key.empty() ? "" : ".") + key;
      Node* next = at->find(key);
      if (!next && (!adding || !at->is_map())) not_in_struct(*at, key, full_key);
      if (!next) {
        next = &at->map()[key];
        at->map().set_key_place(key, override.place);
      }
      if (next->is_map() || next->is_list()) {
        at = next;
        continue;
      }
      if (is_interpolated(*next))
        fail_override(fmt::format("Could not override '{}': '{}' is the interpolation {}; override what it refers to",
                                  override.key, full_key, next->string()));
      if (!adding) not_in_struct(Node(Map()), last, override.key);
      if (!next->is_null() && !next->is_missing() && override.kind == Override::Kind::add) already_there(full_key);
      *next = Node(Map());
      next->place = override.place;
      at = next;
    }
    return *at;
  }

  [[noreturn]] void already_there(const std::string& key) const {
    fail_override(
        fmt::format("Could not append to config. An item is already at '{}'.\nEither remove + prefix: '{}'\n"
                    "Or add a second + to add or override '{}': '+{}'",
                    key, override.text.substr(1), key, override.text));
  }

  // Merging a dict must not bring new keys in unless the override adds.
  void check_no_new_keys(const Node& old, const Node& value, const std::string& full_key) const {
    if (!old.is_map() || !value.is_map()) return;
    for (const auto& [key, item] : value.map()) {
      const Node* there = old.map().find(key);
      if (!there) not_in_struct(old, key, full_key + "." + key);
      check_no_new_keys(*there, item, full_key + "." + key);
    }
  }

  void assign() const {
    const Node value = override.value();
    std::string key;
    Node& owner = holder(key);
    Node* old = owner.find(key);
    const bool containers = value.is_map() || value.is_list();
    if (override.kind == Override::Kind::change) {
      if (!old) not_in_struct(owner, key, override.key);
      check_no_new_keys(*old, value, override.key);
    } else if (override.kind == Override::Kind::add) {
      if (old && !old->is_null() && !old->is_missing() && !containers) already_there(override.key);
    }
    if (!old && !owner.is_map()) not_in_struct(owner, key, override.key);
    Node& target = old ? *old : owner.map()[key];
    if (target.is_map() && value.is_map())
      merge(target, value);
    else
      target = value;
    if (owner.is_map()) owner.map().set_key_place(key, override.place);
  }

  void extend() const {
    const Node added = override.value();
    std::string key;
    Node& owner = holder(key);
    Node* old = owner.find(key);
    if (!old) not_in_struct(owner, key, override.key);
    if (!old->is_list())
      fail_override(
          fmt::format("Could not append to config list. The existing value of '{}' is {} which is not a list.",
                      override.key, python_text(*old)));
    old->list().insert(old->list().end(), added.list().begin(), added.list().end());
    if (owner.is_map()) owner.map().set_key_place(key, override.place);
  }

  static bool equal_values(const Node& a, const Node& b) {
    const auto number = [](const Node& n) { return n.kind() == Node::Kind::integer || n.kind() == Node::Kind::real; };
    return a == b || (number(a) && number(b) && a.real() == b.real());
  }

  void remove() const {
    Node* old = config.find(override.key);
    if (!old) {
      std::vector<std::string> known;
      const size_t dot = override.key.rfind('.');
      const Node* owner = dot == std::string::npos ? &config : config.find(override.key.substr(0, dot));
      if (owner && owner->is_map()) known = owner->map().keys();
      const std::string hint = did_you_mean(override.key.substr(dot == std::string::npos ? 0 : dot + 1), known);
      fail_override(
          fmt::format("Could not delete from config. '{}' does not exist{}", override.key, hint.empty() ? "." : hint));
    }
    const Node value = override.value();
    if (!value.is_null() && !equal_values(value, *old))
      fail_override(fmt::format("Could not delete from config. The value of '{}' is {} and not {}.", override.key,
                                python_text(*old), python_text(value)));
    const size_t dot = override.key.rfind('.');
    Node& owner = dot == std::string::npos ? config : *config.find(override.key.substr(0, dot));
    const std::string key = override.key.substr(dot == std::string::npos ? 0 : dot + 1);
    if (owner.is_map())
      owner.map().erase(key);
    else
      owner.list().erase(owner.list().begin() + std::stol(key));
  }
};

}  // namespace

void apply_override(Node& config, const Override& override, const std::vector<std::string>& groups) {
  const OverrideApplier applier{config, override, groups};
  const std::string hint = override.package ? did_you_mean(override.key, groups) : "";
  if (override.package)
    fail_at(override.place,
            fmt::format("Override {} looks like a config group override, but config group '{}' does not exist{}",
                        override.text, override.key, hint.empty() ? "." : hint));
  if (override.kind == Override::Kind::remove)
    applier.remove();
  else if (override.kind == Override::Kind::extend)
    applier.extend();
  else
    applier.assign();
}

}  // namespace lx::config
