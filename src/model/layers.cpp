#include "model/layers.h"

#include "config/fields.h"
#include "encoding/stack_config.h"
#include "model/layer_keys.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lx {
namespace {

struct GroupsCheck {
  static void check(const config::Node& groups, const std::string& path, bool variant) {
    if (!groups.is_map()) config::detail::wrong_kind(groups, path, "dict of groups of heads");
    for (const auto& [name, group] : groups.map()) {
      const std::string own = path + "." + name;
      if (group.is_list()) continue;
      if (!group.is_map()) config::detail::wrong_kind(group, own, "list of modifiers, or dict with heads and stack");
      for (const auto& [key, value] : group.map()) {
        if (key != "stack" && (key != "heads" || variant))
          config::detail::unknown_key(
              group.map().key_place(key), own, key,
              variant ? std::vector<std::string>{"stack"} : std::vector<std::string>{"heads", "stack"});
      }
    }
  }

  static void check_entry(const config::Node& entry, const std::string& path, bool variant) {
    if (entry.is_list() || entry.is_null()) return;
    if (!entry.is_map()) config::detail::wrong_kind(entry, path, "list of modifiers, or dict with groups");
    for (const auto& [key, value] : entry.map())
      if (key != "groups") config::detail::unknown_key(entry.map().key_place(key), path, key, {"groups"});
    if (const config::Node* groups = entry.map().find("groups")) check(*groups, path + ".groups", variant);
  }
};

/// A group as written, with its share of the heads.
struct WrittenGroup {
  std::string name;
  config::Node list;
  std::string path;
  int64_t heads = 0;

  static config::Node list_of(const config::Node& group) {
    if (group.is_list()) return group;
    const config::Node* stack = group.map().find("stack");
    return stack ? *stack : config::Node(config::List{});
  }

  /// Numbers of heads add up to all; a share below one is rounded to the nearest number; one group may leave it open.
  static std::vector<WrittenGroup> read(const config::Node& groups, const Shape& shape, const std::string& path) {
    std::vector<WrittenGroup> all;
    int64_t taken = 0, open = -1;
    for (const auto& [name, group] : groups.map()) {
      const std::string own = path + "." + name;
      WrittenGroup written{name, list_of(group), own + (group.is_list() ? "" : ".stack"), 0};
      const config::Node* heads = group.is_map() ? group.map().find("heads") : nullptr;
      if (!heads) {
        if (open >= 0)
          config::fail_at(group.place,
                          "one group of heads may leave `heads` open, here two do (full_key: " + own + ")");
        open = static_cast<int64_t>(all.size());
      } else {
        const double value = config::detail::to_double(*heads, own + ".heads");
        const bool share = value < 1;
        const double count = share ? value * static_cast<double>(shape.heads) : value;
        written.heads = std::llround(count);
        if (!(value > 0) || (!share && count != std::round(count)) || written.heads < 1)
          config::fail_at(heads->place,
                          fmt::format("heads is a number of heads or a share of them between 0 and 1, got "
                                      "{} (full_key: {}.heads)",
                                      value, own));
        taken += written.heads;
      }
      all.push_back(std::move(written));
    }
    if (open >= 0) all[static_cast<size_t>(open)].heads = shape.heads - taken;
    const bool fits = open >= 0 ? taken < shape.heads : taken == shape.heads;
    if (!fits || all.empty())
      config::fail_at(groups.place,
                      fmt::format("the groups take {} heads{}, but the layer has {} (full_key: {})", taken,
                                  open >= 0 ? " and leave none for the last" : "", shape.heads, path));
    return all;
  }
};

struct ModifiersCheck {
  bool variant;
  config::Mistakes mistakes = {};

  void list(const config::Node& node, const std::string& path) {
    mistakes.attempt([&] { check_modifiers(node, path, variant); });
  }

  void groups(const config::Node& node, const std::string& path) {
    for (const auto& [name, group] : node.map())
      list(WrittenGroup::list_of(group), path + "." + name + (group.is_list() ? "" : ".stack"));
  }

  void entry(const config::Node& node, const std::string& path) {
    const config::Node* inner = node.is_map() ? node.map().find("groups") : nullptr;
    if (inner)
      groups(*inner, path + ".groups");
    else if (!node.is_map())
      list(node, path);
  }

  void section(const config::Node& node, const std::string& path) {
    if (!node.is_map()) return list(node, path);
    if (const config::Node* stack = node.map().find("stack")) list(*stack, path + ".stack");
    if (const config::Node* found = node.map().find("groups")) groups(*found, path + ".groups");
    if (const config::Node* layers = node.map().find("layers"))
      for (const auto& [key, value] : layers->map()) entry(value, path + ".layers." + key);
  }
};

}  // namespace

namespace {

struct PartsOfSection {
  static constexpr std::array<const char*, 3> kNames{"encoder", "decoder", "cross"};

  static config::Node without(const config::Node& section) {
    if (!section.is_map()) return section;
    config::Node rest = section;
    for (const char* name : kNames) rest.map().erase(name);
    return rest;
  }
};

}  // namespace

void check_modifiers_of(const config::Node& encoding, const std::string& path) {
  const config::Node rest = PartsOfSection::without(encoding);
  check_encoding(rest, kLayersUnknown, path);
  ModifiersCheck check{!path.starts_with("encoding")};
  check.section(rest, path);
  if (encoding.is_map()) {
    for (const char* part : PartsOfSection::kNames)
      if (const config::Node* own = encoding.map().find(part))
        check.mistakes.attempt([&] { check_modifiers_of(*own, path + "." + part); });
  }
  check.mistakes.tell();
}

EncodingOfParts encoding_of_parts(const config::Node& encoding) {
  EncodingOfParts parts;
  parts.encoder = parts.decoder = PartsOfSection::without(encoding);
  if (!encoding.is_map()) return parts;
  for (auto [name, into] :
       {std::pair{"encoder", &parts.encoder}, std::pair{"decoder", &parts.decoder}, std::pair{"cross", &parts.cross}})
    if (const config::Node* own = encoding.map().find(name)) *into = *own;
  parts.own_encoder = encoding.map().find("encoder") != nullptr;
  return parts;
}

void check_encoding(const config::Node& encoding, int64_t layers, const std::string& path) {
  const bool variant = !path.starts_with("encoding");
  if (encoding.is_list() || encoding.is_null()) return;
  if (!encoding.is_map()) config::detail::wrong_kind(encoding, path, "dict with stack, groups or layers");
  const config::Map& map = encoding.map();
  for (const auto& [key, value] : map) {
    if (key == "encoder" || key == "decoder" || key == "cross")
      throw DoesNotApply(
          fmt::format("{}{}.{} speaks of a part that only an encoder-decoder has (model=encoder_decoder)",
                      map.key_place(key).prefix(), path, key));
    if (key != "stack" && key != "layers" && key != "groups")
      config::detail::unknown_key(map.key_place(key), path, key, {"stack", "groups", "layers"});
  }
  if (map.size() > 1) {
    config::fail_at(encoding.place,
                    "give one of stack (all layers and heads), groups (of heads) or layers (full_key: " + path + ")");
  }
  if (const config::Node* groups = map.find("groups")) GroupsCheck::check(*groups, path + ".groups", variant);
  const config::Node* by_layer = map.find("layers");
  if (!by_layer) return;
  check_layer_keys(*by_layer, layers, path + ".layers");
  for (const auto& [key, value] : by_layer->map()) GroupsCheck::check_entry(value, path + ".layers." + key, variant);
}

LayerEntry entry_of_layer(const config::Node& encoding, int64_t layer, int64_t layers, const std::string& path) {
  if (encoding.is_null()) return {config::Node(config::List{}), path};
  if (encoding.is_list()) return {encoding, path};
  if (const config::Node* all = encoding.map().find("stack")) return {*all, path + ".stack"};
  if (encoding.map().find("groups")) return {encoding, path};
  const config::Node* by_layer = encoding.map().find("layers");
  if (!by_layer) return {config::Node(config::List{}), path};
  const std::string key = key_of_layer(*by_layer, layer, layers, path + ".layers");
  return {*by_layer->map().find(key), path + ".layers." + key};
}

HeadGroups make_head_groups(const config::Node& encoding, const config::Node& variant, const Shape& shape,
                            const std::string& path, const std::string& variant_path) {
  const LayerEntry own = entry_of_layer(encoding, shape.layer, shape.layers, path);
  const LayerEntry change = entry_of_layer(variant, shape.layer, shape.layers, variant_path);
  const bool grouped = own.node.is_map(), change_grouped = change.node.is_map();
  if (!grouped) {
    if (change_grouped)
      throw DoesNotApply(fmt::format("{}the variant changes groups of heads, but the encoding has none (full_key: {})",
                                     change.node.place.prefix(), change.path));
    std::vector<Stack::Item> items;
    append_modifiers(items, own.node, shape, own.path);
    apply_variant(items, change.node, shape, change.path);
    return HeadGroups({{"", 0, 0, Stack(shape, std::move(items))}});
  }
  const config::Node none{config::Map{}};
  const config::Node* groups = own.node.map().find("groups");
  const config::Node* changed = change_grouped ? change.node.map().find("groups") : &none;
  const auto written = WrittenGroup::read(groups ? *groups : none, shape, own.path + ".groups");
  for (const auto& [name, node] : changed->map()) {
    if (groups->map().find(name)) continue;
    std::vector<std::string> known = groups->map().keys();
    config::detail::unknown_key(changed->map().key_place(name), change.path + ".groups", name, known);
  }
  const int64_t share = shape.heads / shape.key_heads;  // query heads a key head
  std::vector<HeadGroup> all;
  int64_t head = 0;
  for (const WrittenGroup& one : written) {
    if (one.heads % share != 0 || head % share != 0)
      config::fail_at(one.list.place, fmt::format("the group '{}' cuts through heads that share a key head: take a "
                                                  "multiple of {} heads (full_key: {})",
                                                  one.name, share, one.path));
    Shape part = shape;
    part.heads = one.heads;
    part.key_heads = one.heads / share;
    part.random = shape.random.fork(one.name);
    std::vector<Stack::Item> items;
    append_modifiers(items, one.list, part, one.path);
    if (!change_grouped) apply_variant(items, change.node, part, change.path);
    if (const config::Node* mine = changed->map().find(one.name))
      apply_variant(items, WrittenGroup::list_of(*mine), part, change.path + ".groups." + one.name);
    all.push_back({one.name, head, head / share, Stack(part, std::move(items))});
    head += one.heads;
  }
  return HeadGroups(std::move(all));
}

}  // namespace lx
