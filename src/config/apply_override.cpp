// See apply_override.h. The texts of the errors are Hydra's, so that people find the answers written about them.
#include "config/apply_override.h"

#include "base/error.h"
#include "base/text.h"
#include "config/merge_configs.h"
#include "config/reference.h"
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

  // The node that holds the last key. Adding makes the maps on the way.
  Node& holder(std::string& last) const {
    Node* at = &config;
    std::vector<std::string> keys = split(override.key, '.');
    last = keys.back();
    keys.pop_back();
    std::string full_key;
    std::vector<std::string> path;
    const bool adding = override.kind == Override::Kind::add || override.kind == Override::Kind::force_add;
    for (const std::string& key : keys) {
      path.push_back(key);
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
      if (is_interpolation(*next)) {  // a reference to a dict or list: the change goes there
        Node* target = dereference(config, *next, path);
        if (target && (target->is_map() || target->is_list())) {
          at = target;
          continue;
        }
        fail_override(fmt::format("Could not override '{}': '{}' is the interpolation {}; override what it refers to",
                                  override.key, full_key, next->string()));
      }
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
    if (value.is_map() || value.is_list())
      merge_node(config, target, value, split(override.key, '.'), "Error merging override " + override.text + "\n");
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

  // The dict or list that holds the last key, through references; null when there is none.
  Node* owner_of(const std::vector<std::string>& keys) const {
    Node* at = &config;
    std::vector<std::string> path;
    for (size_t i = 0; i + 1 < keys.size() && at; ++i) {
      path.push_back(keys[i]);
      Node* next = at->is_map() || at->is_list() ? at->find(keys[i]) : nullptr;
      at = next ? dereference(config, *next, path) : nullptr;
    }
    return at && (at->is_map() || at->is_list()) ? at : nullptr;
  }

  void remove() const {
    const std::vector<std::string> keys = split(override.key, '.');
    Node* owner = owner_of(keys);
    Node* old = owner ? owner->find(keys.back()) : nullptr;
    if (!old) {
      const std::string hint = owner && owner->is_map() ? did_you_mean(keys.back(), owner->map().keys()) : "";
      fail_override(
          fmt::format("Could not delete from config. '{}' does not exist{}", override.key, hint.empty() ? "." : hint));
    }
    const Node value = override.value();
    if (override.has_value && !equal_values(value, *old))
      fail_override(fmt::format("Could not delete from config. The value of '{}' is {} and not {}.", override.key,
                                python_text(*old), python_text(value)));
    if (owner->is_map())
      owner->map().erase(keys.back());
    else
      owner->list().erase(owner->list().begin() + (old - owner->list().data()));
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
