// Which mixer at which depth:
//   mixer: {name: gau, key_width: 64}                                            the same in every layer
//   mixer: {layers: {rest: {name: gau}, every 4: {name: attention, heads: 2}}}   by depth (layer_keys.h)
#pragma once

#include "config/node.h"
#include "model/mixer.h"

#include <string>

namespace lx {

struct MixerChoice {
  const MixerEntry& entry;
  config::Node settings;  // without `name`
  std::string path;       // of the settings, for messages
};

/// Keys, names and settings of the section, strictly. `layers` may be kLayersUnknown. Throws Error that tells all
/// mistakes.
void check_mixers(const config::Node& mixer, int64_t layers, const std::string& path);

/// What a section that passed check_mixers says of one layer. Throws Error when no entry names the layer.
MixerChoice mixer_of_layer(const config::Node& mixer, int64_t layer, int64_t layers, const std::string& path);

}  // namespace lx
