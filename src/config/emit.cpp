// YAML as PyYAML lays it out (block style, lists at the indent of their key), quoting whatever would change its type.
// Unlike PyYAML, long lines are not folded and text with line breaks is double-quoted on one line.
#include "base/text.h"
#include "config/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx::config {

namespace {

struct YamlWriter {
  std::string out;

  static bool is_control(const std::string& text, size_t i) {
    return text[i] == '\xc2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
  }

  static bool has_special(const std::string& text) {
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x20 || c == 0x7f) return true;
      // U+0080 to U+009F are control characters; U+2028 and U+2029 break lines in YAML; U+FEFF is a byte order mark.
      if (is_control(text, i)) return true;
      if (c == 0xe2 && (text.compare(i, 3, "\xe2\x80\xa8") == 0 || text.compare(i, 3, "\xe2\x80\xa9") == 0))
        return true;
      if (c == 0xef && text.compare(i, 3, "\xef\xbb\xbf") == 0) return true;
    }
    return false;
  }

  // PyYAML would read a timestamp: 2024-01-31 and the like.
  static bool is_date(const std::string& text) {
    return text.size() >= 8 && text[4] == '-' && text.find('-', 5) <= 7 &&
           text.find_first_not_of("0123456789-:TtZz .+") == std::string::npos;
  }

  static bool is_plain(const std::string& text) {
    if (yaml_retypes(text) || is_date(text) || text == "<<" || text == "=") return false;
    if (python_int(text) || python_float(text)) return false;  // as OmegaConf does: '08', 'inf'
    if (text.size() == 1 && std::string_view("yYnN").find(text[0]) != std::string_view::npos) return false;
    if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
    if (text.starts_with("---") || text.starts_with("...")) return false;
    if (std::string_view("#,[]{}&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
    if (std::string_view("-?:").find(text.front()) != std::string_view::npos && (text.size() == 1 || text[1] == ' '))
      return false;
    return text.find(": ") == std::string::npos && text.find(" #") == std::string::npos;
  }

  // Numbers rather than YAML's \N, \L and \P: yaml-cpp reads \N as a lone byte.
  static std::string quoted(const std::string& text) {
    std::string body;
    if (!has_special(text)) {
      for (const char c : text) body += c == '\'' ? std::string("''") : std::string(1, c);
      return "'" + body + "'";
    }
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '"' || c == '\\')
        body += '\\', body += text[i];
      else if (c == '\n')
        body += "\\n";
      else if (c == '\t')
        body += "\\t";
      else if (c == '\r')
        body += "\\r";
      else if (c < 0x20 || c == 0x7f)
        body += fmt::format("\\x{:02X}", c);
      else if (is_control(text, i))
        body += fmt::format("\\u{:04X}", static_cast<unsigned char>(text[i + 1])), i += 1;
      else if (text.compare(i, 3, "\xe2\x80\xa8") == 0)
        body += "\\u2028", i += 2;
      else if (text.compare(i, 3, "\xe2\x80\xa9") == 0)
        body += "\\u2029", i += 2;
      else if (text.compare(i, 3, "\xef\xbb\xbf") == 0)
        body += "\\uFEFF", i += 2;
      else
        body += text[i];
    }
    return "\"" + body + "\"";
  }

  static std::string text_scalar(const std::string& text) {
    return has_special(text) || !is_plain(text) ? quoted(text) : text;
  }

  static std::string real_scalar(double value) {
    if (std::isnan(value)) return ".nan";
    if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
    std::string text = format_double(value);
    if (text.find('.') == std::string::npos) text.replace(text.find('e'), 1, ".0e");  // PyYAML needs the point
    return text;
  }

  static std::string scalar(const Node& node) {
    switch (node.kind()) {
      case Node::Kind::null:
        return "null";
      case Node::Kind::boolean:
        return node.boolean() ? "true" : "false";
      case Node::Kind::integer:
        return std::to_string(node.integer());
      case Node::Kind::real:
        return real_scalar(node.real());
      case Node::Kind::string:
        return text_scalar(node.string());
      case Node::Kind::list:
        return "[]";
      case Node::Kind::map:
        return "{}";
    }
    return "";
  }

  static bool is_block(const Node& node) {
    return (node.is_map() && !node.map().empty()) || (node.is_list() && !node.list().empty());
  }

  // `started`: the first line already holds an indent or "- ", so the first entry goes on there.
  void write(const Node& node, size_t indent, bool started) {
    const auto margin = [&] {
      if (!started) out.append(indent, ' ');
      started = false;
    };
    if (node.is_map()) {
      for (const auto& [key, value] : node.map()) {
        margin();
        out += text_scalar(key) + ":";
        if (is_block(value)) {
          out += '\n';
          write(value, value.is_list() ? indent : indent + 2, false);
        } else {
          out += " " + scalar(value) + "\n";
        }
      }
    } else {
      for (const Node& item : node.list()) {
        margin();
        out += "- ";
        if (is_block(item))
          write(item, indent + 2, true);
        else
          out += scalar(item) + "\n";
      }
    }
  }
};

}  // namespace

std::string to_yaml(const Node& node) {
  YamlWriter writer;
  if (!YamlWriter::is_block(node)) return YamlWriter::scalar(node) + "\n";
  writer.write(node, 0, false);
  return writer.out;
}

}  // namespace lx::config
