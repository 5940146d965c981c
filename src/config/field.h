// What a field of a struct is: its name, member, one sentence and bounds; see fields.h.
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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

namespace detail {

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

}  // namespace detail

}  // namespace lx::config
