#include "model/layers.h"

#include "config/fields.h"

#include <charconv>
#include <optional>

namespace lx {
namespace {

struct LayerKey {
  /// "3" -> 3, "-1" -> the last layer; empty when the key is no number.
  static std::optional<int64_t> index(const std::string& key, int64_t layers) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
    if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
    return value < 0 ? value + layers : value;
  }
};

}  // namespace

void check_encoding(const config::Node& encoding, int64_t layers, const std::string& path) {
  if (encoding.is_list() || encoding.is_null()) return;
  if (!encoding.is_map()) config::detail::wrong_kind(encoding, path, "dict with stack or layers");
  const config::Map& map = encoding.map();
  for (const auto& [key, value] : map) {
    if (key != "stack" && key != "layers")
      config::detail::unknown_key(map.key_place(key), path, key, {"stack", "layers"});
  }
  const config::Node* by_layer = map.find("layers");
  if (map.find("stack") && by_layer) {
    config::fail_at(encoding.place,
                    "give either stack (one for all layers) or layers, not both (full_key: " + path + ")");
  }
  if (!by_layer) return;
  if (!by_layer->is_map()) config::detail::wrong_kind(*by_layer, path + ".layers", "dict");
  for (const auto& [key, value] : by_layer->map()) {
    if (key == "first" || key == "last" || key == "rest") continue;
    const auto index = LayerKey::index(key, layers);
    const config::Place& place = by_layer->map().key_place(key);
    if (!index) config::detail::unknown_key(place, path + ".layers", key, {"first", "last", "rest", "0 (an index)"});
    if (*index < 0 || *index >= layers) {
      config::fail_at(place,
                      fmt::format("there is no layer {}: the model has {} (full_key: {}.layers)", key, layers, path));
    }
  }
}

LayerStack stack_of_layer(const config::Node& encoding, int64_t layer, int64_t layers, const std::string& path) {
  if (encoding.is_null()) return {config::Node(config::List{}), path};
  if (encoding.is_list()) return {encoding, path};
  if (const config::Node* all = encoding.find("stack")) return {*all, path + ".stack"};
  const config::Node* by_layer = encoding.find("layers");
  if (!by_layer) return {config::Node(config::List{}), path};
  std::string found;
  for (const auto& [key, value] : by_layer->map()) {
    if (LayerKey::index(key, layers) == layer) found = key;
  }
  if (found.empty() && layer == layers - 1 && by_layer->map().find("last")) found = "last";
  if (found.empty() && layer == 0 && by_layer->map().find("first")) found = "first";
  if (found.empty() && by_layer->map().find("rest")) found = "rest";
  if (found.empty()) {
    config::fail_at(by_layer->place,
                    fmt::format("no entry for layer {}: add `rest` (full_key: {}.layers)", layer, path));
  }
  return {*by_layer->map().find(found), path + ".layers." + found};
}

}  // namespace lx
