// Recursive descent over the value side of Hydra's override grammar; see element.h.
#include "config/element.h"

#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"

#include <cctype>

namespace lx::config {

namespace {

class ElementParser {
 public:
  ElementParser(const std::string& text, size_t start, const Place& place) : text_(text), at_(start), place_(place) {}

  std::vector<Element> all() {
    std::vector<Element> elements;
    space();
    if (at_ == text_.size()) {
      Element empty;
      empty.scalar = Node("");
      empty.column = at_;
      return {empty};
    }
    do elements.push_back(element(0));
    while (take(','));
    if (at_ < text_.size()) wrong(unexpected());
    return elements;
  }

 private:
  static constexpr int kDeepest = 200;
  const std::string& text_;
  size_t at_;
  const Place& place_;

  [[noreturn]] void wrong(const std::string& what) const { wrong_at(at_, what); }
  [[noreturn]] void wrong_at(size_t where, const std::string& what) const {
    fail_at(place_, fmt::format("{}\n  {}\n  {}^", what, text_, std::string(where, ' ')));
  }
  std::string unexpected() const {
    if (at_ >= text_.size()) return "the value ends too early";
    return fmt::format("'{}' is not allowed here; quote the value, or escape the character with a backslash",
                       character_at(text_, at_));
  }

  static bool blank(char c) { return c == ' ' || c == '\t'; }
  static bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
  static bool plain_char(char c) {
    return word_char(c) || std::string_view("/-\\+.$%*@?|: \t").find(c) != std::string_view::npos;
  }

  void space() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    space();
    return true;
  }
  void expect(char close) {
    if (!take(close)) wrong(at_ >= text_.size() ? fmt::format("expected ',' or '{}'", close) : unexpected());
  }

  Element element(int depth) {
    if (depth > kDeepest) wrong(fmt::format("nested more than {} deep", kDeepest));
    space();
    Element out;
    out.column = at_;
    if (at_ >= text_.size()) wrong(unexpected());
    const char c = text_[at_];
    if (c == '[')
      list(out, depth);
    else if (c == '{')
      dict(out, depth);
    else if (c == '\'' || c == '"')
      quoted(out);
    else if (const size_t open = call_open(); open != std::string::npos)
      call(out, open, depth);
    else
      plain(out);
    return out;
  }

  void list(Element& out, int depth) {
    out.kind = Element::Kind::list;
    take('[');
    if (take(']')) return;
    do out.items.push_back(element(depth + 1));
    while (take(','));
    expect(']');
  }

  void dict(Element& out, int depth) {
    out.kind = Element::Kind::dict;
    take('{');
    if (take('}')) return;
    do {
      space();
      if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) wrong("expected a key; it cannot be quoted");
      const std::string key = run(true);
      if (key.empty()) wrong("expected a key");
      if (!take(':')) wrong(fmt::format("expected ':' after the key '{}'", key));
      Element value = element(depth + 1);
      size_t same = 0;
      while (same < out.names.size() && out.names[same] != key) ++same;
      if (same < out.names.size()) {  // the last of two equal keys wins, at the place of the first
        out.items[same] = std::move(value);
      } else {
        out.names.push_back(key);
        out.items.push_back(std::move(value));
      }
    } while (take(','));
    expect('}');
  }

  // The position behind the '(' of "name (", or npos.
  size_t call_open() const {
    size_t i = at_;
    if (std::isdigit(static_cast<unsigned char>(text_[i]))) return std::string::npos;
    while (i < text_.size() && word_char(text_[i])) ++i;
    if (i == at_) return std::string::npos;
    while (i < text_.size() && blank(text_[i])) ++i;
    return i < text_.size() && text_[i] == '(' ? i + 1 : std::string::npos;
  }

  void call(Element& out, size_t open, int depth) {
    out.kind = Element::Kind::call;
    while (word_char(text_[at_])) out.function += text_[at_++];
    at_ = open;
    if (!take(')')) {
      do {
        std::string name = argument_name();
        if (name.empty() && !out.names.empty() && !out.names.back().empty())
          wrong("a positional argument cannot follow a named one");
        out.names.push_back(std::move(name));
        out.items.push_back(element(depth + 1));
      } while (take(','));
      expect(')');
    }
    if (const std::string problem = call_problem(out); !problem.empty()) wrong_at(out.column, problem);
  }

  std::string argument_name() {
    space();
    size_t end = at_;
    while (end < text_.size() && word_char(text_[end])) ++end;
    size_t equal = end;
    while (equal < text_.size() && blank(text_[equal])) ++equal;
    if (end == at_ || equal >= text_.size() || text_[equal] != '=') return "";
    const std::string name = text_.substr(at_, end - at_);
    at_ = equal + 1;
    return name;
  }

  // Backslashes are halved only right before a quote of the same kind.
  void quoted(Element& out) {
    out.quote = text_[at_];
    const size_t open = at_++;
    std::string value;
    while (true) {
      if (at_ >= text_.size()) wrong_at(open, fmt::format("the quote {} is never closed", out.quote));
      size_t slashes = 0;
      while (at_ < text_.size() && text_[at_] == '\\') ++slashes, ++at_;
      const bool before_quote = at_ < text_.size() && text_[at_] == out.quote;
      value.append(before_quote ? slashes / 2 : slashes, '\\');
      if (before_quote) {
        ++at_;
        if (slashes % 2 == 0) break;
        value += out.quote;
      } else if (at_ < text_.size()) {
        value += text_[at_++];
      }
    }
    space();
    if (at_ < text_.size() && std::string_view(",)]}:").find(text_[at_]) == std::string_view::npos)
      wrong("nothing may follow a quoted value; quote it as a whole");
    out.scalar = Node(std::move(value));
  }

  void plain(Element& out) {
    bool escaped = false;
    const std::string value = run(false, &escaped);
    if (value.empty()) wrong(unexpected());
    out.scalar = escaped ? Node(value) : element_scalar(value, place_);
  }

  // A run of unquoted characters, outer blanks trimmed, escapes undone. As a key it also ends at a colon.
  std::string run(bool key, bool* escaped = nullptr) {
    space();
    std::string value;
    size_t kept = 0;  // length up to the last character that is not an unescaped blank
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() &&
          std::string_view("\\()[]{}:=, \t").find(text_[at_ + 1]) != std::string_view::npos) {
        value += text_[at_ + 1];
        at_ += 2;
        kept = value.size();
        if (escaped) *escaped = true;
      } else if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
        if (key) wrong("the keys of a dict cannot be interpolated");
        interpolation(value);
        kept = value.size();
        if (escaped) *escaped = true;
      } else if (plain_char(c) && !(key && c == ':')) {
        value += c;
        ++at_;
        if (!blank(c)) kept = value.size();
      } else {
        break;
      }
    }
    if (at_ < text_.size() && std::string_view(key ? ":" : ",)]}").find(text_[at_]) == std::string_view::npos)
      wrong(unexpected());
    value.resize(kept);
    return value;
  }

  void interpolation(std::string& value) {
    const size_t open = at_;
    int depth = 0;
    do {
      if (at_ >= text_.size()) wrong_at(open, "the interpolation is never closed with '}'");
      if (text_.compare(at_, 2, "${") == 0) {
        value += "${";
        at_ += 2;
        ++depth;
        continue;
      }
      depth -= text_[at_] == '}';
      value += text_[at_++];
    } while (depth > 0);
  }
};

}  // namespace

std::vector<Element> parse_elements(const std::string& text, size_t start, const Place& place) {
  return ElementParser(text, start, place).all();
}

}  // namespace lx::config
