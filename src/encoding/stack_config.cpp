#include "encoding/stack_config.h"

#include "encoding/register.h"

#include <utility>

namespace lx {
namespace {

struct ModifierEntryReader {
  static When read_when(const config::Node& node, const std::string& path) {
    const std::string text = config::detail::to_string(node, path);
    if (text == "both") return When::both;
    if (text == "train") return When::train;
    if (text == "test") return When::test;
    config::detail::unknown_enum(node, path, {"both", "train", "test"});
  }

  static Stack::Item read(const config::Node& entry, const Shape& shape, const std::string& path) {
    Stack::Item item;
    config::Node settings{config::Map{}};
    if (entry.is_string()) {
      item.name = entry.string();
    } else if (entry.is_map() && entry.map().size() == 1) {
      const auto& [name, value] = *entry.map().begin();
      item.name = name;
      if (value.is_map())
        settings = value;
      else if (!value.is_null())
        config::detail::wrong_kind(value, path + "." + name, "dict");
    } else {
      config::fail_at(entry.place, "a modifier is written `name` or `name: {settings}` (full_key: " + path + ")");
    }
    settings.place = entry.place;
    const std::string own_path = path + "." + item.name;
    if (const config::Node* when = settings.map().find("when")) {
      item.when = read_when(*when, own_path + ".when");
      settings.map().erase("when");
    }
    item.modifier = modifiers().get(item.name, entry.place.prefix()).make(settings, shape, own_path);
    return item;
  }
};

}  // namespace

Registry<ModifierEntry>& modifiers() {
  static Registry<ModifierEntry> registry("modifier");
  return registry;
}

void append_modifiers(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                      const std::string& path) {
  if (list.is_null()) return;
  if (!list.is_list()) config::detail::wrong_kind(list, path, "list of modifiers");
  for (size_t i = 0; i < list.list().size(); ++i) {
    const config::Node& entry = list.list()[i];
    Stack::Item item = ModifierEntryReader::read(entry, shape, path + "[" + std::to_string(i) + "]");
    for (const Stack::Item& earlier : items) {
      const bool together = earlier.when == When::both || item.when == When::both || earlier.when == item.when;
      if (earlier.name == item.name && together) {
        throw DoesNotApply(fmt::format("{}the modifier '{}' already acts in this stack (full_key: {})",
                                       entry.place.prefix(), item.name, path));
      }
    }
    items.push_back(std::move(item));
  }
}

}  // namespace lx
