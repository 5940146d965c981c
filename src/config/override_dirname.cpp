#include "config/override_dirname.h"

#include "base/error.h"
#include "config/override.h"

#include <algorithm>

namespace lx::config {

DirnameStyle read_dirname_style(const Node& options) {
  require(options.is_map(), "hydra_override_dirname options must be a dictionary");
  DirnameStyle style;
  for (const auto& [key, value] : options.map()) {
    if (key == "exclude_keys") {
      require(value.is_list(), "hydra_override_dirname exclude_keys must be a list");
      for (const Node& item : value.list()) {
        require(item.is_string(), "hydra_override_dirname exclude_keys must contain strings");
        style.exclude_keys.push_back(item.string());
      }
      continue;
    }
    require(key == "kv_sep" || key == "item_sep" || key == "element_resolver",
            "hydra_override_dirname has no option '{}' (kv_sep, item_sep, exclude_keys, element_resolver)", key);
    if (key == "element_resolver" && value.is_null()) continue;
    require(value.is_string(), "hydra_override_dirname {} must be a string", key);
    if (key == "element_resolver")
      style.element_resolver = value.string();
    else
      (key == "kv_sep" ? style.kv_sep : style.item_sep) = value.string();
  }
  return style;
}

std::vector<std::string> dirname_items(const Node& overrides, const DirnameStyle& style) {
  std::vector<std::string> items;
  for (const Node& item : overrides.list()) {
    const Override parsed = parse_override(item.string());
    if (std::find(style.exclude_keys.begin(), style.exclude_keys.end(), parsed.key) == style.exclude_keys.end())
      items.push_back(parsed.text);
  }
  std::sort(items.begin(), items.end());
  for (std::string& item : items)
    for (size_t at = item.find('='); at != std::string::npos; at = item.find('=', at + style.kv_sep.size()))
      item.replace(at, 1, style.kv_sep);
  return items;
}

}  // namespace lx::config
