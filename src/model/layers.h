// Which modifiers at which depth, and in which heads:
//   stack: [rope]                                                 the same in every layer
//   layers: {rest: [rope, {window: {size: 16}}], last: [log_n]}   by depth
//   groups: {near: {heads: 0.5, stack: [alibi]}, far: {stack: []}}   by group of heads, in every layer or in one entry
// The keys below layers: layer_keys.h.
#pragma once

#include "attention/stack.h"
#include "config/node.h"
#include "model/head_groups.h"

#include <string>

namespace lx {

/// Checks the section's keys. Throws Error with the place.
void check_encoding(const config::Node& encoding, int64_t layers, const std::string& path);
/// Checks keys, names and settings before there is a model that knows its layers. Throws Error that tells all mistakes.
void check_modifiers_of(const config::Node& encoding, const std::string& path);

/// What `encoding` (a section with stack, layers or groups, or a bare list) says of one layer: a list of modifiers, or
/// a map with `groups`. Throws Error when no entry names the layer.
struct LayerEntry {
  config::Node node;
  std::string path;
};
LayerEntry entry_of_layer(const config::Node& encoding, int64_t layer, int64_t layers, const std::string& path);

/// The groups of heads of the layer of `shape`: its entry in `encoding`, changed by its entry in `variant` (a list
/// changes every group; `groups` names those it changes).
/// `path` and `variant_path` name the two in messages.
HeadGroups make_head_groups(const config::Node& encoding, const config::Node& variant, const Shape& shape,
                            const std::string& path = "encoding", const std::string& variant_path = "variant");

/// What a section says of the parts of an encoder-decoder. `encoder`, `decoder` and `cross` are sections of their own;
/// without one of the first two, that part has what the rest of the section says; without `cross`, cross-attention
/// knows no positions. A bare list is for both texts, not for cross-attention.
struct EncodingOfParts {
  config::Node encoder, decoder, cross{config::List{}};
  bool own_encoder = false;  // the encoder has a section of its own
};
EncodingOfParts encoding_of_parts(const config::Node& encoding);

}  // namespace lx
