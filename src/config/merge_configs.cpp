#include "config/merge_configs.h"

#include "base/text.h"
#include "config/reference.h"

#include <fmt/format.h>

namespace lx::config {

void merge_node(Node& root, Node& base, const Node& over, const std::vector<std::string>& path,
                const std::string& context) {
  const bool container = over.is_map() || over.is_list();
  if (container && is_interpolation(base)) {
    const Node* target = dereference(root, base, path);
    if (target && (target->is_map() || target->is_list())) base = Node(*target);
  }
  if ((base.is_map() && over.is_list()) || (base.is_list() && over.is_map()))
    fail_at(over.place, fmt::format("{}Cannot merge incompatible container types: a {} into the {} '{}'\n"
                                    "    full_key: {}",
                                    context, over.kind_name(), base.kind_name(), join(path, "."), join(path, ".")));
  if (!base.is_map() || !over.is_map()) {
    if (!over.is_missing()) base = over;
    return;
  }
  base.place = over.place;
  std::vector<std::string> below = path;
  below.emplace_back();
  for (const auto& [key, item] : over.map()) {
    below.back() = key;
    if (Node* found = base.map().find(key))
      merge_node(root, *found, item, below, context);
    else
      base.map()[key] = item;
    if (!item.is_missing() || base.map().find(key)->is_missing())
      base.map().set_key_place(key, over.map().key_place(key));
  }
}

void merge_configs(Node& root, const Node& content, const std::string& context) {
  merge_node(root, root, content, {}, context);
}

}  // namespace lx::config
