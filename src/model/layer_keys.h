// Keys below `layers`, for whatever may differ by depth. The most explicit first: an index ("3", "-2" from the end),
// several ("1, 3"), a part of the depth ("1/3": layer floor(layers / 3)); then `first` and `last`; then `every 4` (the
// 4th, 8th, ...); then `rest`.
#pragma once

#include "config/node.h"

#include <cstdint>
#include <string>

namespace lx {

constexpr int64_t kLayersUnknown = -1;

/// Are these keys of layers, and are there such layers? With kLayersUnknown only the former. `path`: of `by_layer`.
/// Throws Error with the place.
void check_layer_keys(const config::Node& by_layer, int64_t layers, const std::string& path);

/// The key that speaks for `layer`. Throws Error when none does.
std::string key_of_layer(const config::Node& by_layer, int64_t layer, int64_t layers, const std::string& path);

}  // namespace lx
