// Elements printed back as text that reads as the same element; see element.h.
#include "base/text.h"
#include "config/element.h"
#include "config/scalar.h"

#include <cctype>

namespace lx::config {

namespace {

struct ElementWriter {
  static constexpr std::string_view escaped_characters = "\\()[]{}:=, \t";
  static constexpr std::string_view free_characters = "/-+.$%*@?|_";

  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (escaped_characters.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    return out;
  }

  // Would the text, escaped, read back as itself?
  static bool is_plain(const std::string& text) {
    bool escapes = false;
    for (const char c : text) {
      const bool special = escaped_characters.find(c) != std::string_view::npos;
      escapes = escapes || special;
      if (!special && !std::isalnum(static_cast<unsigned char>(c)) && free_characters.find(c) == std::string_view::npos)
        return false;
    }
    return !text.empty() && (escapes || element_scalar(text, Place()).is_string());
  }

  // Backslashes are doubled only right before a quote of the same kind, and quotes get one more.
  static std::string quoted(const std::string& text, char quote) {
    std::string out(1, quote);
    size_t slashes = 0;
    for (const char c : text) {
      if (c == quote) out.append(slashes + 1, '\\');
      slashes = c == '\\' ? slashes + 1 : 0;
      out += c;
    }
    return out.append(slashes, '\\') + quote;
  }

  static std::string scalar(const Element& element) {
    const Node& value = element.scalar;
    if (value.is_null()) return "null";
    if (!value.is_string()) return python_text(value);
    if (element.quote != '\0') return quoted(value.string(), element.quote);
    return is_plain(value.string()) ? escaped(value.string()) : quoted(value.string(), '\'');
  }
};

}  // namespace

std::string element_text(const Element& element) {
  if (element.kind == Element::Kind::scalar) return ElementWriter::scalar(element);
  std::vector<std::string> parts;
  for (size_t i = 0; i < element.items.size(); ++i) {
    std::string key;
    if (element.kind == Element::Kind::dict) key = ElementWriter::escaped(element.names[i]) + ":";
    parts.push_back(key + element_text(element.items[i]));
  }
  const std::string all = join(parts, ",");
  if (element.kind == Element::Kind::call) return element.function + "(" + all + ")";
  return element.kind == Element::Kind::dict ? "{" + all + "}" : "[" + all + "]";
}

}  // namespace lx::config
