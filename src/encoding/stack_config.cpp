#include "encoding/stack_config.h"

#include "encoding/register.h"

#include <algorithm>
#include <utility>

namespace lx {
namespace {

/// One entry of a list of modifiers.
struct ListEntry {
  std::string name;
  bool remove = false, replace = false;
  When when = When::both;
  config::Node settings{config::Map{}};
  std::string path;

  ListEntry(const config::Node& entry, const std::string& list_path) {
    if (entry.is_string()) {
      name = entry.string();
      remove = name.starts_with("~");
      if (remove) name.erase(0, 1);
    } else if (entry.is_map() && entry.map().size() == 1) {
      const auto& [key, value] = *entry.map().begin();
      name = key;
      if (value.is_map())
        settings = value;
      else if (!value.is_null())
        config::detail::wrong_kind(value, list_path + "." + key, "dict");
    } else {
      config::fail_at(entry.place, "a modifier is written `name` or `name: {settings}` (full_key: " + list_path + ")");
    }
    settings.place = entry.place;
    path = list_path + "." + name;
    if (const auto value = taken("when")) when = read_when(*value, path + ".when");
    if (const auto value = taken("replace")) replace = config::detail::to_bool(*value, path + ".replace");
  }

  /// A setting that belongs to the list, not to the modifier.
  std::optional<config::Node> taken(const std::string& key) {
    const config::Node* found = settings.map().find(key);
    if (!found) return std::nullopt;
    const config::Node value = *found;
    settings.map().erase(key);
    return value;
  }

  static When read_when(const config::Node& node, const std::string& path) {
    const std::string text = config::detail::to_string(node, path);
    if (text == "both") return When::both;
    if (text == "train") return When::train;
    if (text == "test") return When::test;
    config::detail::unknown_enum(node, path, {"both", "train", "test"});
  }

  Stack::Item make(const Shape& shape) const {
    const ModifierEntry& entry = modifiers().get(name, settings.place.prefix());
    Shape own = shape;
    own.random = shape.random.fork(name);  // a modifier's starting values do not depend on its neighbours
    return {name, when, entry.make(settings, own, path), entry.questions,
            config::to_json(entry.complete(settings, path))};
  }
};

struct StackList {
  static std::vector<ListEntry> read(const config::Node& list, const std::string& path) {
    std::vector<ListEntry> entries;
    if (list.is_null()) return entries;
    if (!list.is_list()) config::detail::wrong_kind(list, path, "list of modifiers");
    for (size_t i = 0; i < list.list().size(); ++i)
      entries.emplace_back(list.list()[i], path + "[" + std::to_string(i) + "]");
    return entries;
  }

  static void add(std::vector<Stack::Item>& items, Stack::Item item, const ListEntry& entry) {
    for (const Stack::Item& earlier : items) {
      const bool together = (earlier.acts(true) && item.acts(true)) || (earlier.acts(false) && item.acts(false));
      if (earlier.name != item.name || item.modifier->traits().repeatable) continue;
      if (together)
        throw DoesNotApply(
            fmt::format("{}the modifier '{}' already acts in this stack (full_key: {}); in a variant, `replace: true` "
                        "puts this one "
                        "in its place",
                        entry.settings.place.prefix(), item.name, entry.path));
      if (!earlier.modifier->parameters().empty() && !item.modifier->parameters().empty())
        throw DoesNotApply(
            fmt::format("{}the modifier '{}' has learned parameters and stands here twice: they would share one name "
                        "(full_key: {})",
                        entry.settings.place.prefix(), item.name, entry.path));
    }
    items.push_back(std::move(item));
  }

  static void refuse_change(const ListEntry& entry) {
    if (entry.remove || entry.replace)
      config::fail_at(entry.settings.place,
                      fmt::format("'~{0}' and `replace` change a trained stack: they belong into eval.variants "
                                  "(full_key: {1})",
                                  entry.name, entry.path));
  }

  static bool same_parameters(const ScoreModifier& a, const ScoreModifier& b) {
    const auto names = [](const ScoreModifier& modifier) {
      std::vector<std::string> all;
      for (const Parameter& parameter : modifier.parameters()) all.push_back(parameter.name);
      return all;
    };
    return names(a) == names(b);
  }

  [[noreturn]] static void untrained(const ListEntry& entry) {
    throw DoesNotApply(
        fmt::format("{}the modifier '{}' has learned parameters, which these weights lack: train with "
                    "it, or leave it out of the variant (full_key: {})",
                    entry.settings.place.prefix(), entry.name, entry.path));
  }
};

}  // namespace

Registry<ModifierEntry>& modifiers() {
  static Registry<ModifierEntry> registry("modifier");
  return registry;
}

void check_modifiers(const config::Node& list, const std::string& path, bool variant) {
  if (!list.is_list()) return (void)StackList::read(list, path);
  config::Mistakes mistakes;
  for (size_t i = 0; i < list.list().size(); ++i) {
    mistakes.attempt([&] {
      const ListEntry entry(list.list()[i], path + "[" + std::to_string(i) + "]");
      if (!variant) StackList::refuse_change(entry);
      const ModifierEntry& known = modifiers().get(entry.name, entry.settings.place.prefix());
      if (!entry.remove) (void)known.complete(entry.settings, entry.path);
    });
  }
  mistakes.tell();
}

void append_modifiers(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                      const std::string& path) {
  for (const ListEntry& entry : StackList::read(list, path)) {
    StackList::refuse_change(entry);
    StackList::add(items, entry.make(shape), entry);
  }
}

void apply_variant(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                   const std::string& path) {
  for (const ListEntry& entry : StackList::read(list, path)) {
    const auto acting = std::find_if(items.begin(), items.end(), [&](const Stack::Item& item) {
      return item.name == entry.name && item.acts(false);
    });
    if (entry.remove || entry.replace) {
      modifiers().get(entry.name, entry.settings.place.prefix());
      if (acting == items.end())
        throw DoesNotApply(fmt::format("{}the trained stack has no '{}' to {} (full_key: {})",
                                       entry.settings.place.prefix(), entry.name, entry.remove ? "take out" : "replace",
                                       entry.path));
    }
    if (entry.remove) {
      acting->when = When::never;
      continue;
    }
    Stack::Item item = entry.make(shape);
    if (entry.replace) {
      if (!StackList::same_parameters(*acting->modifier, *item.modifier)) StackList::untrained(entry);
      *acting = std::move(item);
      continue;
    }
    if (!item.modifier->parameters().empty()) StackList::untrained(entry);
    StackList::add(items, std::move(item), entry);
  }
}

}  // namespace lx
