// The casts of the override grammar: int(), float(), str(), bool() and json_str().
#include "base/error.h"
#include "base/text.h"
#include "config/evaluate.h"
#include "config/scalar.h"

#include <cmath>

namespace lx::config {

namespace {

using Kind = Node::Kind;

// Non-ASCII characters of JSON text as Python writes them: \u00e9, and pairs of surrogates beyond \uffff.
struct PythonJson {
  static void append_code(std::string& out, unsigned code) {
    if (code >= 0x10000) {
      code -= 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
    } else {
      out += fmt::format("\\u{:04x}", code);
    }
  }

  static std::string text(const std::string& value) {
    std::string out = "\"";
    for (size_t i = 0; i < value.size(); ++i) {
      const auto c = static_cast<unsigned char>(value[i]);
      constexpr std::string_view special = "\"\\\b\f\n\r\t", names = "\"\\bfnrt";
      if (const size_t which = special.find(value[i]); which != std::string_view::npos && c != 0) {
        out += '\\', out += names[which];
      } else if (c >= 0xc0) {
        unsigned code = c & (c >= 0xf0 ? 0x07 : c >= 0xe0 ? 0x0f : 0x1f);
        while (i + 1 < value.size() && (static_cast<unsigned char>(value[i + 1]) & 0xc0) == 0x80)
          code = (code << 6 | (static_cast<unsigned char>(value[++i]) & 0x3f)) & 0x1fffff;
        append_code(out, code);
      } else if (c < 0x20 || c >= 0x7f) {
        c == 0x7f ? out += value[i] : (append_code(out, c), out);
      } else {
        out += value[i];
      }
    }
    return out + '"';
  }

  static std::string scalar(const Node& node) {
    if (node.is_string()) return text(node.string());
    if (node.is_null()) return "null";
    if (node.kind() == Kind::boolean) return node.boolean() ? "true" : "false";
    if (node.kind() == Kind::real && std::isnan(node.real())) return "NaN";
    if (node.kind() == Kind::real && std::isinf(node.real())) return node.real() < 0 ? "-Infinity" : "Infinity";
    return python_text(node);
  }

  static std::string element(const Element& value) {
    if (value.kind == Element::Kind::scalar) return scalar(value.scalar);
    std::vector<std::string> parts;
    for (size_t i = 0; i < value.items.size(); ++i) {
      const std::string key = value.kind == Element::Kind::dict ? text(value.names[i]) + ": " : "";
      parts.push_back(key + element(value.items[i]));
    }
    const std::string all = join(parts, ", ");
    return value.kind == Element::Kind::dict ? "{" + all + "}" : "[" + all + "]";
  }
};

Node cast_scalar(const std::string& function, const Node& value, const Place& place) {
  const auto refuse = [&]() -> Node {
    fail_at(place,
            fmt::format("{}(): the {} '{}' cannot be converted", function, value.kind_name(), python_text(value)));
  };
  const auto kind = value.kind();
  if (function == "str") {
    if (kind == Kind::boolean) return Node(value.boolean() ? "true" : "false");
    return Node(value.is_null() ? std::string("null") : python_text(value));
  }
  if (value.is_null()) return refuse();
  if (function == "bool") {
    if (kind == Kind::boolean) return value;
    if (kind == Kind::integer) return Node(value.integer() != 0);
    if (kind == Kind::real) return Node(value.real() != 0);
    const Node word = element_scalar(value.string(), place);
    return word.kind() == Kind::boolean ? word : refuse();
  }
  if (kind == Kind::string) {
    if (function == "int") {
      const auto number = python_int(value.string());
      return number ? Node(*number) : refuse();
    }
    const auto number = python_float(value.string());
    return number ? Node(*number) : refuse();
  }
  if (function == "float") return Node(kind == Kind::boolean ? (value.boolean() ? 1.0 : 0.0) : value.real());
  if (kind == Kind::boolean) return Node(value.boolean() ? 1 : 0);
  if (kind == Kind::integer) return value;
  if (!(std::abs(value.real()) < 9.2e18)) return refuse();
  return Node(static_cast<int64_t>(value.real()));
}

}  // namespace

Element cast_element(const std::string& function, const Element& value, const Place& place) {
  Element out = value;
  out.quote = '\0';
  if (function == "json_str") {
    out = Element();
    out.scalar = Node(PythonJson::element(value));
  } else if (value.kind == Element::Kind::scalar) {
    out.scalar = cast_scalar(function, value.scalar, place);
  } else {
    for (Element& item : out.items) item = cast_element(function, item, place);
  }
  return out;
}

}  // namespace lx::config
