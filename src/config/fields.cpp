// Conversions and messages behind fields.h: OmegaConf's rules for typed fields, with the place of the mistake.
#include "config/fields.h"

#include "config/scalar.h"

#include <cctype>
#include <cmath>

namespace lx::config::detail {

namespace {

std::string in_full(const std::string& path) { return path.empty() ? "" : fmt::format(" (full_key: {})", path); }

[[noreturn]] void cannot_convert(const Node& node, const std::string& path, std::string_view wanted) {
  fail_at(node.place, fmt::format("Value '{}' of type '{}' could not be converted to {}{}", python_text(node),
                                  node.kind_name(), wanted, in_full(path)));
}

void refuse_null(const Node& node, const std::string& path) {
  if (!node.is_null()) return;
  fail_at(node.place, fmt::format("field '{}' is not Optional: null is not allowed here{}",
                                  path.substr(path.rfind('.') + 1), in_full(path)));
}

}  // namespace

bool to_bool(const Node& node, const std::string& path) {
  refuse_null(node, path);
  if (node.kind() == Node::Kind::boolean) return node.boolean();
  if (node.kind() == Node::Kind::integer) return node.integer() != 0;
  if (node.is_string()) {
    std::string word = node.string();
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const char* yes : {"yes", "y", "on", "true", "1"})
      if (word == yes) return true;
    for (const char* no : {"no", "n", "off", "false", "0"})
      if (word == no) return false;
  }
  cannot_convert(node, path, "Boolean");
}

int64_t to_int(const Node& node, const std::string& path) {
  refuse_null(node, path);
  if (node.kind() == Node::Kind::integer) return node.integer();
  if (node.is_string())
    if (const auto value = python_int(node.string())) return *value;
  cannot_convert(node, path, "Integer");
}

double to_double(const Node& node, const std::string& path) {
  refuse_null(node, path);
  if (node.kind() == Node::Kind::real || node.kind() == Node::Kind::integer) return node.real();
  if (node.is_string())
    if (const auto value = python_float(node.string())) return *value;
  cannot_convert(node, path, "Float");
}

std::string to_string(const Node& node, const std::string& path) {
  refuse_null(node, path);
  if (node.is_list() || node.is_map()) cannot_convert(node, path, "String");
  return python_text(node);
}

void check_bounds(double value, const Bounds& bounds, const Node& node, const std::string& path) {
  const bool low = bounds.open_low ? value > bounds.low : value >= bounds.low;
  const bool high = bounds.open_high ? value < bounds.high : value <= bounds.high;
  if ((low && high) || (std::isnan(value) && !std::isfinite(bounds.low) && !std::isfinite(bounds.high))) return;
  const auto number = [](double x) { return fmt::format("{}", x); };
  std::string wanted;
  if (std::isfinite(bounds.low)) wanted = (bounds.open_low ? "above " : "at least ") + number(bounds.low);
  if (std::isfinite(bounds.high))
    wanted +=
        (wanted.empty() ? "" : " and ") + std::string(bounds.open_high ? "below " : "at most ") + number(bounds.high);
  fail_at(node.place,
          fmt::format("Value '{}' is out of range: it must be {}{}", python_text(node), wanted, in_full(path)));
}

void unknown_key(const Place& place, const std::string& path, const std::string& key,
                 const std::vector<std::string>& known) {
  const std::string owner = path.empty() ? "the configuration" : "'" + path + "'";
  fail_at(place, fmt::format("Key '{}' not in {}{} (full_key: {}; known: {})", key, owner, did_you_mean(key, known),
                             child(path, key), known.empty() ? "none" : join(known, ", ")));
}

void wrong_kind(const Node& node, const std::string& path, std::string_view expected) {
  refuse_null(node, path);
  cannot_convert(node, path, expected);
}

void unknown_enum(const Node& node, const std::string& path, const std::vector<std::string>& known) {
  const std::string value = python_text(node);
  const std::string hint = node.kind() == Node::Kind::boolean
                               ? "; YAML reads bare yes, no, on and off as bool: quote it"
                               : did_you_mean(value, known);
  fail_at(node.place,
          fmt::format("Invalid value '{}', expected one of [{}]{}{}", value, join(known, ", "), hint, in_full(path)));
}

void missing(const Node& node, const std::string& path) {
  fail_at(node.place, fmt::format("Missing mandatory value: {}", path));
}

}  // namespace lx::config::detail
