// Which of a part's maps have a bias: `true`, `false`, or a list of names, such as [query, key].
#pragma once

#include "config/fields.h"

#include <string>
#include <vector>

namespace lx {

class Biases {
 public:
  Biases() = default;
  /// `names`: of all maps; none has a bias.
  explicit Biases(std::vector<std::string> names) : names_(std::move(names)), on_(names_.size(), false) {}

  bool has(const std::string& name) const;

  /// true, false, or a list of known names, each once. Throws Error with the place.
  void read(const config::Node& node, const std::string& path);
  /// true or false where all maps agree, else the list in the order of the maps.
  config::Node dump() const;
  config::Node schema() const;

 private:
  std::vector<std::string> names_;
  std::vector<bool> on_;
};

// How config::read and its kin treat this type.
template <>
inline config::Node config::detail::dump_value<Biases>(const Biases& value) {
  return value.dump();
}
template <>
inline void config::detail::read_value<Biases>(const Node& node, Biases& out, const std::string& path, const Bounds&) {
  if (node.is_missing()) missing(node, path);
  out.read(node, path);
}
template <>
inline std::string config::detail::type_name<Biases>() {
  return "bool or list of str";
}
template <>
inline config::Node config::detail::value_schema<Biases>(const Biases& value, const Bounds&) {
  return value.schema();
}

}  // namespace lx
