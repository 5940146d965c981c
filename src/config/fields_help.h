// What is known of a struct's fields without a value: help for people, JSON Schema for editors. Part of fields.h.
#pragma once

#include "config/field.h"
#include "config/json_schema.h"
#include "config/node.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace lx::config {

/// One key of a configuration, for help and schemas.
struct KeyHelp {
  std::string path, type, default_value, doc;
  Node schema{};  // of the value, as JSON Schema; what lies below it is inside
};

namespace detail {

template <class T>
Node dump_value(const T& value);

inline std::string child(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
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
Node struct_schema(const C& defaults);

/// JSON Schema of the values that read() takes for a T, references and ??? included.
template <class T>
Node value_schema(const T& value, const Bounds& bounds) {
  if constexpr (std::is_same_v<T, Node>) {
    return Node(Map());
  } else if constexpr (std::is_same_v<T, bool>) {
    return either({map_of({{"type", "boolean"}}), definition("boolean_text")});
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return either({number_schema("integer", bounds), definition("integer_text")});
  } else if constexpr (std::is_same_v<T, double>) {
    return either({number_schema("number", bounds), definition("number_text")});
  } else if constexpr (std::is_same_v<T, std::string>) {
    return map_of({{"type", List{"string", "number", "boolean"}}});
  } else if constexpr (NamedEnum<T>) {
    List names;
    for (const auto& [name, item] : EnumNames<T>::names) names.emplace_back(std::string(name));
    return either({map_of({{"enum", std::move(names)}}), definition("reference")});
  } else if constexpr (IsOptional<T>::value) {
    return either(
        {map_of({{"type", "null"}}), value_schema(typename T::value_type{}, bounds), definition("reference")});
  } else if constexpr (IsVector<T>::value) {
    using Item = typename T::value_type;
    return either(
        {map_of({{"type", "array"}, {"items", value_schema<Item>(Item{}, bounds)}}), definition("reference")});
  } else if constexpr (IsMap<T>::value) {
    using Item = typename T::mapped_type;
    return either({map_of({{"type", "object"}, {"additionalProperties", value_schema<Item>(Item{}, bounds)}}),
                   definition("reference")});
  } else {
    return either({struct_schema(value), definition("reference")});
  }
}

template <Described C>
Node struct_schema(const C& defaults) {
  Map properties;
  std::apply(
      [&](const auto&... f) {
        ((properties[f.name] =
              described(value_schema(defaults.*(f.member), f.bounds), f.doc, dump_value(defaults.*(f.member)))),
         ...);
      },
      C::fields());
  return object_schema(std::move(properties));
}

template <Described C>
void help_struct(const C& defaults, const std::string& path, std::vector<KeyHelp>& out) {
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::decay_t<decltype(defaults.*(f.member))>;
              const std::string key = child(path, f.name);
              const Node value = dump_value(defaults.*(f.member));
              Node schema = described(value_schema(defaults.*(f.member), f.bounds), f.doc, value);
              if constexpr (Described<T>) {
                out.push_back({key, "dict", "", std::string(f.doc), std::move(schema)});
                help_struct(defaults.*(f.member), key, out);
              } else {
                out.push_back({key, type_name<T>(), to_json(value), std::string(f.doc), std::move(schema)});
              }
            }(),
            ...);
      },
      C::fields());
}

}  // namespace detail

template <Described C>
std::vector<KeyHelp> help(const std::string& path = "") {
  std::vector<KeyHelp> out;
  detail::help_struct(C{}, path, out);
  return out;
}

}  // namespace lx::config
