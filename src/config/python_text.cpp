// How Python prints a value; see scalar.h.
#include "base/text.h"
#include "config/scalar.h"

#include <cmath>

namespace lx::config {

namespace {
std::string python_repr(const Node& node) {
  if (!node.is_string()) return python_text(node);
  const std::string& text = node.string();
  const char quote = text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\\' || c == quote)
      out += '\\', out += c;
    else
      out += c;
  }
  return out + quote;
}
}  // namespace

std::string python_text(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null:
      return "None";
    case Node::Kind::boolean:
      return node.boolean() ? "True" : "False";
    case Node::Kind::integer:
      return std::to_string(node.integer());
    case Node::Kind::real:
      return std::isnan(node.real()) ? "nan" : format_double(node.real());
    case Node::Kind::string:
      return node.string();
    case Node::Kind::list: {
      std::vector<std::string> parts;
      for (const Node& item : node.list()) parts.push_back(python_repr(item));
      return "[" + join(parts, ", ") + "]";
    }
    case Node::Kind::map: {
      std::vector<std::string> parts;
      for (const auto& [key, value] : node.map()) parts.push_back(python_repr(Node(key)) + ": " + python_repr(value));
      return "{" + join(parts, ", ") + "}";
    }
  }
  return "";
}

}  // namespace lx::config
