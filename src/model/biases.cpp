#include "model/biases.h"

#include "base/error.h"

#include <algorithm>

namespace lx {

bool Biases::has(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  require(found != names_.end(), "there is no map '{}' that could have a bias", name);
  return on_[static_cast<size_t>(found - names_.begin())];
}

void Biases::read(const config::Node& node, const std::string& path) {
  if (!node.is_list()) {
    on_.assign(names_.size(), config::detail::to_bool(node, path));
    return;
  }
  on_.assign(names_.size(), false);
  for (size_t i = 0; i < node.list().size(); ++i) {
    const config::Node& item = node.list()[i];
    const std::string place = fmt::format("{}[{}]", path, i), name = config::detail::to_string(item, place);
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) config::detail::unknown_enum(item, place, names_);
    auto on = on_.begin() + (found - names_.begin());
    if (*on) config::fail_at(item.place, fmt::format("'{}' is named twice (full_key: {})", name, place));
    *on = true;
  }
}

config::Node Biases::dump() const {
  config::List some;
  for (size_t i = 0; i < names_.size(); ++i)
    if (on_[i]) some.emplace_back(names_[i]);
  if (some.empty() || some.size() == names_.size()) return config::Node(!some.empty());
  return config::Node(std::move(some));
}

config::Node Biases::schema() const {
  using config::map_of;
  config::List names;
  for (const std::string& name : names_) names.emplace_back(name);
  return config::either(
      {map_of({{"type", "boolean"}}), config::definition("boolean_text"),
       map_of({{"type", "array"},
               {"items", config::either({map_of({{"enum", names}}), config::definition("reference")})}}),
       config::definition("reference")});
}

}  // namespace lx
