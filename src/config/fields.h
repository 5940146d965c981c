// One field list per struct, five uses: strict reading, dump, help, hash (of the dump), JSON schema.
//
//   struct AdamW {
//     double lr = 1e-3;
//     std::vector<double> betas{0.9, 0.999};
//     static constexpr auto fields() {
//       return std::tuple{field("lr", &AdamW::lr, "peak learning rate", positive()),
//                         field("betas", &AdamW::betas, "decay of the two moments")};
//     }
//   };
//   AdamW config = read<AdamW>(node);
//
// Members may be bool, int64_t, double, std::string, an enum with names (see EnumNames), std::optional<T> (null),
// std::vector<T>, std::map<std::string, T>, config::Node (anything; no check), or another struct with fields().
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "config/field.h"
#include "config/fields_help.h"
#include "config/mistakes.h"
#include "config/node.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace lx::config {

namespace detail {

// Conversions of spec: "250" -> int yes, 2.0 -> int no, int -> float yes, number -> str yes. All throw Error with the
// place, the full key and what was expected.
bool to_bool(const Node& node, const std::string& path);
int64_t to_int(const Node& node, const std::string& path);
double to_double(const Node& node, const std::string& path);
std::string to_string(const Node& node, const std::string& path);
void check_bounds(double value, const Bounds& bounds, const Node& node, const std::string& path);
[[noreturn]] void unknown_key(const Place& place, const std::string& path, const std::string& key,
                              const std::vector<std::string>& known);
[[noreturn]] void wrong_kind(const Node& node, const std::string& path, std::string_view expected);
[[noreturn]] void unknown_enum(const Node& node, const std::string& path, const std::vector<std::string>& known);
[[noreturn]] void missing(const Node& node, const std::string& path);

template <class T>
void read_value(const Node& node, T& out, const std::string& path, const Bounds& bounds);

template <Described C>
void read_struct(const Node& node, C& out, const std::string& path) {
  if (!node.is_map()) wrong_kind(node, path, "dict");
  const Map& map = node.map();
  Mistakes mistakes;
  std::vector<std::string> known;
  std::apply([&](const auto&... f) { (known.emplace_back(f.name), ...); }, C::fields());
  for (const auto& [key, value] : map) {
    bool found = false;
    for (const std::string& name : known) found = found || name == key;
    if (!found) mistakes.attempt([&, &key = key] { unknown_key(map.key_place(key), path, key, known); });
  }
  std::apply(
      [&](const auto&... f) {
        (mistakes.attempt([&] {
          if (const Node* value = map.find(f.name)) read_value(*value, out.*(f.member), child(path, f.name), f.bounds);
        }),
         ...);
      },
      C::fields());
  mistakes.tell();
}

template <class T>
void read_value(const Node& node, T& out, const std::string& path, const Bounds& bounds) {
  if constexpr (!std::is_same_v<T, Node>) {
    if (node.is_missing()) missing(node, path);
  }
  if constexpr (std::is_same_v<T, Node>) {
    out = node;
  } else if constexpr (std::is_same_v<T, bool>) {
    out = to_bool(node, path);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    out = to_int(node, path);
    check_bounds(static_cast<double>(out), bounds, node, path);
  } else if constexpr (std::is_same_v<T, double>) {
    out = to_double(node, path);
    check_bounds(out, bounds, node, path);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = to_string(node, path);
  } else if constexpr (NamedEnum<T>) {
    const std::string text = to_string(node, path);
    bool found = false;
    std::vector<std::string> known;
    for (const auto& [name, item] : EnumNames<T>::names) {
      known.emplace_back(name);
      if (name == text) out = item, found = true;
    }
    if (!found) unknown_enum(node, path, known);
  } else if constexpr (IsOptional<T>::value) {
    if (node.is_null()) {
      out.reset();
    } else {
      typename T::value_type value{};
      read_value(node, value, path, bounds);
      out = std::move(value);
    }
  } else if constexpr (IsVector<T>::value) {
    if (!node.is_list()) wrong_kind(node, path, "list");
    T items;
    Mistakes mistakes;
    for (size_t i = 0; i < node.list().size(); ++i) {
      typename T::value_type item{};
      mistakes.attempt([&] { read_value(node.list()[i], item, path + "[" + std::to_string(i) + "]", bounds); });
      items.push_back(std::move(item));
    }
    mistakes.tell();
    out = std::move(items);
  } else if constexpr (IsMap<T>::value) {
    if (!node.is_map()) wrong_kind(node, path, "dict");
    T items;
    Mistakes mistakes;
    for (const auto& [key, value] : node.map())
      mistakes.attempt([&, &key = key, &value = value] { read_value(value, items[key], child(path, key), bounds); });
    mistakes.tell();
    out = std::move(items);
  } else {
    static_assert(Described<T>, "a field must be a scalar, enum, list, dict, Node or a struct with fields()");
    read_struct(node, out, path);
  }
}

template <class T>
Node dump_value(const T& value) {
  if constexpr (NamedEnum<T>) {
    return Node(std::string(enum_name(value)));
  } else if constexpr (IsOptional<T>::value) {
    return value ? dump_value(*value) : Node();
  } else if constexpr (IsVector<T>::value) {
    List items;
    for (const auto& item : value) items.push_back(dump_value<typename T::value_type>(item));
    return Node(std::move(items));
  } else if constexpr (IsMap<T>::value) {
    Map items;
    for (const auto& [key, item] : value) items[key] = dump_value(item);
    return Node(std::move(items));
  } else if constexpr (Described<T>) {
    Map items;
    std::apply([&](const auto&... f) { ((items[f.name] = dump_value(value.*(f.member))), ...); }, T::fields());
    return Node(std::move(items));
  } else {
    return Node(value);
  }
}

}  // namespace detail

/// Reads a struct strictly: unknown keys, wrong types and values out of bounds throw Error with file:line:column, the
/// full key and a spelling hint; several mistakes are told in one Error, a line each. Keys that are absent keep the
/// value in `defaults`. `path` prefixes keys in messages.
template <Described C>
C read(const Node& node, const std::string& path = "", C defaults = {}) {
  detail::read_struct(node, defaults, path);
  return defaults;
}

template <Described C>
Node dump(const C& value) {
  return detail::dump_value(value);
}

}  // namespace lx::config
