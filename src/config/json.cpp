// JSON for the records lx writes itself: key order and types are kept both ways.
#include "base/text.h"
#include "config/yaml.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace lx::config {

namespace {

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

void write_json(const Node& node, int indent, int depth, std::string& out) {
  const auto line = [&](int level) {
    if (indent >= 0) out += '\n', out.append(static_cast<size_t>(indent) * static_cast<size_t>(level), ' ');
  };
  const auto separator = [&](bool& first) {
    if (!first) out += indent >= 0 ? "," : ", ";
    first = false;
    line(depth + 1);
  };
  bool first = true;
  switch (node.kind()) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::boolean:
      out += node.boolean() ? "true" : "false";
      return;
    case Node::Kind::integer:
      out += std::to_string(node.integer());
      return;
    case Node::Kind::string:
      out += json_text(node.string());
      return;
    case Node::Kind::real:
      if (std::isfinite(node.real()))
        out += format_double(node.real());
      else if (std::isnan(node.real()))
        out += R"({"__float__": "nan"})";
      else
        out += node.real() < 0 ? R"({"__float__": "-inf"})" : R"({"__float__": "inf"})";
      return;
    case Node::Kind::list:
      out += '[';
      for (const Node& item : node.list()) separator(first), write_json(item, indent, depth + 1, out);
      if (!first) line(depth);
      out += ']';
      return;
    case Node::Kind::map:
      out += '{';
      for (const auto& [key, value] : node.map()) {
        separator(first);
        out += json_text(key) + ": ";
        write_json(value, indent, depth + 1, out);
      }
      if (!first) line(depth);
      out += '}';
      return;
  }
}

class JsonReader {
 public:
  JsonReader(const std::string& text, const std::string& source)
      : text_(text), source_(std::make_shared<const std::string>(source)) {}

  Node document() {
    Node node = value(0);
    space();
    if (at_ < text_.size()) wrong("nothing more");
    return node;
  }

 private:
  static constexpr int kDeepest = 200;
  const std::string& text_;
  std::shared_ptr<const std::string> source_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1;

  Place place() const { return {source_, line_, static_cast<int>(at_ - line_start_) + 1}; }
  [[noreturn]] void wrong(const std::string& wanted) const {
    const std::string found = at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : "the end of the text";
    fail_at(place(), fmt::format("not valid JSON: expected {}, got {}", wanted, found));
  }
  void space() {
    for (; at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos; ++at_)
      if (text_[at_] == '\n') ++line_, line_start_ = at_ + 1;
  }
  bool take(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    at_ += word.size();
    return true;
  }

  Node value(int depth) {
    space();
    const Place here = place();
    if (depth > kDeepest) fail_at(here, fmt::format("JSON is nested more than {} deep", kDeepest));
    Node node = bare_value(depth);
    node.place = here;
    return node;
  }

  Node bare_value(int depth) {
    if (take('{')) return object(depth);
    if (take('[')) {
      List items;
      if (take(']')) return Node(std::move(items));
      do items.push_back(value(depth + 1));
      while (take(','));
      if (!take(']')) wrong("',' or ']'");
      return Node(std::move(items));
    }
    if (at_ < text_.size() && text_[at_] == '"') return Node(string());
    if (take_word("null")) return Node();
    if (take_word("true")) return Node(true);
    if (take_word("false")) return Node(false);
    return number();
  }

  Node object(int depth) {
    Map map;
    if (take('}')) return Node(std::move(map));
    do {
      space();
      const Place key_place = place();
      const std::string key = string();
      if (!take(':')) wrong("':'");
      if (map.find(key)) fail_at(key_place, fmt::format("found duplicate key '{}'", key));
      map[key] = value(depth + 1);
      map.set_key_place(key, key_place);
    } while (take(','));
    if (!take('}')) wrong("',' or '}'");
    const Node* real = map.size() == 1 ? map.find("__float__") : nullptr;
    if (real && real->is_string()) {
      if (real->string() == "nan") return Node(std::numeric_limits<double>::quiet_NaN());
      if (real->string() == "inf") return Node(std::numeric_limits<double>::infinity());
      if (real->string() == "-inf") return Node(-std::numeric_limits<double>::infinity());
    }
    return Node(std::move(map));
  }

  Node number() {
    const size_t end = text_.find_first_not_of("+-0123456789.eE", at_);
    const std::string digits = text_.substr(at_, end == std::string::npos ? end : end - at_);
    const char* last = digits.data() + digits.size();
    int64_t whole = 0;
    if (const auto [stop, error] = std::from_chars(digits.data(), last, whole);
        error == std::errc() && stop == last && !digits.empty()) {
      at_ += digits.size();
      return Node(whole);
    }
    char* stop = nullptr;
    const double real = std::strtod(digits.c_str(), &stop);
    if (digits.empty() || stop != digits.c_str() + digits.size()) wrong("a value");
    at_ += digits.size();
    return Node(real);
  }

  unsigned hex4() {
    unsigned code = 0;
    const char* first = text_.data() + at_;
    if (at_ + 4 > text_.size()) wrong("four hexadecimal digits");
    const auto [stop, error] = std::from_chars(first, first + 4, code, 16);
    if (error != std::errc() || stop != first + 4) wrong("four hexadecimal digits");
    at_ += 4;
    return code;
  }

  static void append_utf8(std::string& out, unsigned code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80)
      out += static_cast<char>(code);
    else if (code < 0x800)
      out += static_cast<char>(0xc0 | (code >> 6)), tail(0);
    else if (code < 0x10000)
      out += static_cast<char>(0xe0 | (code >> 12)), tail(6), tail(0);
    else
      out += static_cast<char>(0xf0 | (code >> 18)), tail(12), tail(6), tail(0);
  }

  std::string string() {
    if (!take('"')) wrong("a string");
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escape = at_ < text_.size() ? text_[at_++] : '\0';
      constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
      if (const size_t which = names.find(escape); escape != '\0' && which != std::string_view::npos) {
        out += meanings[which];
      } else if (escape == 'u') {
        unsigned code = hex4();
        if (code >= 0xd800 && code < 0xdc00 && take_word("\\u"))
          code = 0x10000 + ((code - 0xd800) << 10) + ((hex4() - 0xdc00) & 0x3ff);
        append_utf8(out, code);
      } else {
        --at_;
        wrong("an escape that JSON knows");
      }
    }
    if (at_ >= text_.size()) wrong("'\"'");
    ++at_;
    return out;
  }
};

}  // namespace

std::string to_json(const Node& node, int indent) {
  std::string out;
  write_json(node, indent, 0, out);
  return out;
}

Node parse_json(const std::string& text, const std::string& source) { return JsonReader(text, source).document(); }

}  // namespace lx::config
