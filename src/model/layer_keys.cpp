#include "model/layer_keys.h"

#include "config/fields.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace lx {
namespace {

/// A key below `layers`.
struct LayerKey {
  enum class Kind { unknown, indices, first, last, every, rest };
  Kind kind = Kind::unknown;
  std::vector<int64_t> indices;  // outside [0, layers) where there is no such layer
  int64_t step = 0;

  LayerKey(const std::string& key, int64_t layers) {
    if (key == "first" || key == "last" || key == "rest") {
      kind = key == "first" ? Kind::first : key == "last" ? Kind::last : Kind::rest;
    } else if (key.starts_with("every ")) {
      const auto found = whole(key.substr(6));
      if (found && *found > 0) kind = Kind::every, step = *found;
    } else if (const size_t slash = key.find('/'); slash != std::string::npos) {
      const auto part = whole(key.substr(0, slash)), of = whole(key.substr(slash + 1));
      if (part && of && *of > 0) kind = Kind::indices, indices.push_back(*part * layers / *of);
    } else {
      kind = Kind::indices;
      for (const std::string& word : split(key, ',')) {
        const auto index = whole(std::string(trim(word)));
        if (!index) {
          kind = Kind::unknown;
          break;
        }
        indices.push_back(*index < 0 ? *index + layers : *index);
      }
    }
  }

  bool names(int64_t layer, int64_t layers) const {
    switch (kind) {
      case Kind::indices:
        return std::find(indices.begin(), indices.end(), layer) != indices.end();
      case Kind::first:
        return layer == 0;
      case Kind::last:
        return layer == layers - 1;
      case Kind::every:
        return (layer + 1) % step == 0;
      case Kind::rest:
        return true;
      case Kind::unknown:
        break;
    }
    return false;
  }

  static std::optional<int64_t> whole(const std::string& text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  static std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    size_t from = 0;
    for (size_t to; (to = text.find(at, from)) != std::string::npos; from = to + 1)
      parts.push_back(text.substr(from, to - from));
    parts.push_back(text.substr(from));
    return parts;
  }
};

}  // namespace

void check_layer_keys(const config::Node& by_layer, int64_t layers, const std::string& path) {
  if (!by_layer.is_map()) config::detail::wrong_kind(by_layer, path, "dict");
  for (const auto& [text, value] : by_layer.map()) {
    const LayerKey key(text, layers);
    const config::Place& place = by_layer.map().key_place(text);
    if (key.kind == LayerKey::Kind::unknown)
      config::detail::unknown_key(place, path, text,
                                  {"first", "last", "rest", "every 2", "1/2 (a depth)", "0 (an index)", "0, 2"});
    for (const int64_t index : key.indices) {
      if (layers == kLayersUnknown) break;
      if (index < 0 || index >= layers)
        config::fail_at(place,
                        fmt::format("there is no layer {}: the model has {} (full_key: {})", text, layers, path));
    }
  }
}

std::string key_of_layer(const config::Node& by_layer, int64_t layer, int64_t layers, const std::string& path) {
  std::string found;
  auto best = LayerKey::Kind::unknown;
  for (const auto& [text, value] : by_layer.map()) {
    const LayerKey key(text, layers);
    if (!key.names(layer, layers)) continue;
    // Kinds are declared from the most explicit on. Of a model's one layer that is first and last, last decides.
    const bool wins = best == LayerKey::Kind::unknown || key.kind < best ||
                      (key.kind == LayerKey::Kind::last && best == LayerKey::Kind::first);
    if (best == LayerKey::Kind::last && key.kind == LayerKey::Kind::first) continue;
    if (!wins) continue;
    found = text;
    best = key.kind;
  }
  if (found.empty())
    config::fail_at(by_layer.place, fmt::format("no entry for layer {}: add `rest` (full_key: {})", layer, path));
  return found;
}

}  // namespace lx
