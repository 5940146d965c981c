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
#include "config/node.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace lx::config {

/// Inclusive bounds for a number (checked for each element of a list).
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false, open_high = false;
};
constexpr Bounds positive() { return {.low = 0, .open_low = true}; }
constexpr Bounds not_negative() { return {.low = 0}; }
constexpr Bounds at_least(double low) { return {.low = low}; }
constexpr Bounds between(double low, double high) { return {.low = low, .high = high}; }
constexpr Bounds fraction() { return {.low = 0, .high = 1, .open_high = true}; }  // [0, 1)
constexpr Bounds unbounded() { return {}; }

template <class C, class T>
struct Field {
  std::string_view name;
  T C::*member;
  std::string_view doc;
  Bounds bounds;
};

template <class C, class T>
constexpr Field<C, T> field(std::string_view name, T C::*member, std::string_view doc, Bounds bounds = {}) {
  return {name, member, doc, bounds};
}

template <class C>
concept Described = requires {
  C::fields();
};

/// Specialise for an enum: static constexpr std::array<std::pair<std::string_view, E>, n> names{...};
template <class E>
struct EnumNames;
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires {
  EnumNames<E>::names;
};
template <NamedEnum E>
std::string_view enum_name(E value) {
  for (const auto& [name, item] : EnumNames<E>::names)
    if (item == value) return name;
  return "?";
}

/// One key of a configuration, for help and schemas.
struct KeyHelp {
  std::string path, type, default_value, doc;
};

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
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

inline std::string child(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

template <class T>
void read_value(const Node& node, T& out, const std::string& path, const Bounds& bounds);

template <Described C>
void read_struct(const Node& node, C& out, const std::string& path) {
  if (!node.is_map()) wrong_kind(node, path, "dict");
  const Map& map = node.map();
  std::vector<std::string> known;
  std::apply([&](const auto&... f) { (known.emplace_back(f.name), ...); }, C::fields());
  for (const auto& [key, value] : map) {
    bool found = false;
    for (const std::string& name : known) found = found || name == key;
    if (!found) unknown_key(map.key_place(key), path, key, known);
  }
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              if (const Node* value = map.find(f.name))
                read_value(*value, out.*(f.member), child(path, f.name), f.bounds);
            }(),
            ...);
      },
      C::fields());
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
    for (size_t i = 0; i < node.list().size(); ++i) {
      typename T::value_type item{};
      read_value(node.list()[i], item, path + "[" + std::to_string(i) + "]", bounds);
      items.push_back(std::move(item));
    }
    out = std::move(items);
  } else if constexpr (IsMap<T>::value) {
    if (!node.is_map()) wrong_kind(node, path, "dict");
    T items;
    for (const auto& [key, value] : node.map()) read_value(value, items[key], child(path, key), bounds);
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

template <class T>
std::string type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else if constexpr (std::is_same_v<T, int64_t>)
    return "int";
  else if constexpr (std::is_same_v<T, double>)
    return "float";
  else if constexpr (std::is_same_v<T, std::string>)
    return "str";
  else if constexpr (std::is_same_v<T, Node>)
    return "any";
  else if constexpr (NamedEnum<T>) {
    std::string all;
    for (const auto& [name, item] : EnumNames<T>::names) all += (all.empty() ? "" : "|") + std::string(name);
    return all;
  } else if constexpr (IsOptional<T>::value)
    return type_name<typename T::value_type>() + " or null";
  else if constexpr (IsVector<T>::value)
    return "list of " + type_name<typename T::value_type>();
  else if constexpr (IsMap<T>::value)
    return "dict of " + type_name<typename T::mapped_type>();
  else
    return "dict";
}

template <Described C>
void help_struct(const C& defaults, const std::string& path, std::vector<KeyHelp>& out) {
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::decay_t<decltype(defaults.*(f.member))>;
              const std::string key = child(path, f.name);
              if constexpr (Described<T>) {
                out.push_back({key, "dict", "", std::string(f.doc)});
                help_struct(defaults.*(f.member), key, out);
              } else {
                out.push_back({key, type_name<T>(), to_json(dump_value(defaults.*(f.member))), std::string(f.doc)});
              }
            }(),
            ...);
      },
      C::fields());
}

}  // namespace detail

/// Reads a struct strictly: unknown keys, wrong types and values out of bounds throw Error with file:line:column, the
/// full key and a spelling hint. Keys that are absent keep the value in `defaults`. `path` prefixes keys in messages.
template <Described C>
C read(const Node& node, const std::string& path = "", C defaults = {}) {
  detail::read_struct(node, defaults, path);
  return defaults;
}

template <Described C>
Node dump(const C& value) {
  return detail::dump_value(value);
}

template <Described C>
std::vector<KeyHelp> help(const std::string& path = "") {
  std::vector<KeyHelp> out;
  detail::help_struct(C{}, path, out);
  return out;
}

}  // namespace lx::config
