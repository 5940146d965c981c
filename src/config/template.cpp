// OmegaConf's interpolation grammar by recursive descent; see template.h.
#include "config/template.h"

#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"

namespace lx::config {

namespace {

class TemplateParser {
 public:
  TemplateParser(const std::string& text, const Place& place) : text_(text), place_(place) {}

  // Backslashes are special only in front of "${": \${ is literal, \\${ is a backslash and an interpolation.
  Template whole() {
    Template parts;
    std::string plain;
    while (at_ < text_.size()) {
      const size_t slashes = count_slashes();
      const bool opens = text_.compare(at_ + slashes, 2, "${") == 0;
      plain.append(opens ? slashes / 2 : slashes, '\\');
      at_ += slashes;
      if (opens && slashes % 2 == 1) {
        plain += "${";
        at_ += 2;
      } else if (opens) {
        flush(parts, plain);
        parts.push_back(interpolation(0));
      } else if (at_ < text_.size()) {
        plain += text_[at_++];
      }
    }
    flush(parts, plain);
    return parts;
  }

  TemplateArgument single() {
    TemplateArgument out = argument(0);
    if (at_ < text_.size()) wrong(unexpected());
    return out;
  }

 private:
  static constexpr int kDeepest = 100;
  const std::string& text_;
  const Place& place_;
  size_t at_ = 0;

  [[noreturn]] void wrong(const std::string& what) const { wrong_at(at_, what); }
  [[noreturn]] void wrong_at(size_t where, const std::string& what) const {
    fail_at(place_, fmt::format("{}\n  {}\n  {}^", what, text_, std::string(where, ' ')));
  }
  std::string unexpected() const {
    if (at_ >= text_.size()) return "the interpolation is never closed with '}'";
    return fmt::format("'{}' is not allowed here in an interpolation; quote the argument", character_at(text_, at_));
  }

  static void flush(Template& parts, std::string& plain) {
    if (plain.empty()) return;
    TemplatePart part;
    part.text = std::move(plain);
    plain.clear();
    parts.push_back(std::move(part));
  }
  size_t count_slashes() const {
    size_t n = 0;
    while (at_ + n < text_.size() && text_[at_ + n] == '\\') ++n;
    return n;
  }
  bool opens_here() const { return text_.compare(at_, 2, "${") == 0; }
  bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
  void space() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    space();
    if (!at(c)) return false;
    ++at_;
    return true;
  }

  TemplatePart interpolation(int depth) {
    const size_t open = at_;
    if (depth > kDeepest) wrong(fmt::format("interpolations are nested more than {} deep", kDeepest));
    at_ += 2;
    space();
    TemplatePart part;
    std::string plain;
    while (!at('}') && !at(':')) {
      if (at_ >= text_.size()) wrong_at(open, "the interpolation is never closed with '}'");
      if (opens_here()) {
        flush(part.head, plain);
        part.head.push_back(interpolation(depth + 1));
      } else if (std::string_view("{},()'\"\\").find(text_[at_]) != std::string_view::npos) {
        wrong(fmt::format("'{}' is not allowed in the key of an interpolation", text_[at_]));
      } else {
        plain += text_[at_++];
      }
    }
    while (!plain.empty() && blank(plain.back())) plain.pop_back();
    flush(part.head, plain);
    if (part.head.empty()) wrong(at(':') ? "a resolver needs a name before ':'" : "an interpolation needs a key");
    part.kind = at('}') ? TemplatePart::Kind::reference : TemplatePart::Kind::call;
    const bool call = text_[at_++] == ':';
    if (!call) return part;
    if (take('}')) return part;
    do part.arguments.push_back(argument(depth + 1));
    while (take(','));
    if (!take('}')) at_ >= text_.size() ? wrong_at(open, unexpected()) : wrong(unexpected());
    return part;
  }

  TemplateArgument argument(int depth) {
    if (depth > kDeepest) wrong(fmt::format("interpolations are nested more than {} deep", kDeepest));
    space();
    TemplateArgument out;
    if (at('[')) {
      out.kind = TemplateArgument::Kind::list;
      ++at_;
      if (take(']')) return done(out);
      do out.items.push_back(argument(depth + 1));
      while (take(','));
      if (!take(']')) wrong(unexpected());
    } else if (at('{')) {
      dict(out, depth);
    } else if (at('\'') || at('"')) {
      quoted(out, depth);
    } else {
      bare(out, depth);
    }
    return done(out);
  }
  TemplateArgument done(TemplateArgument& out) {
    space();
    return std::move(out);
  }

  void dict(TemplateArgument& out, int depth) {
    out.kind = TemplateArgument::Kind::dict;
    ++at_;
    if (take('}')) return;
    do {
      space();
      std::string key;
      while (at_ < text_.size() && std::string_view(":,{}[]()'\"$").find(text_[at_]) == std::string_view::npos)
        key += text_[at_++];
      if (!at(':') || trim(key).empty()) wrong("expected a key and ':'");
      ++at_;
      out.names.emplace_back(trim(key));
      out.items.push_back(argument(depth + 1));
    } while (take(','));
    if (!take('}')) wrong(unexpected());
  }

  void quoted(TemplateArgument& out, int depth) {
    out.kind = TemplateArgument::Kind::text;
    out.quoted = true;
    const size_t open = at_;
    const char quote = text_[at_++];
    std::string plain;
    while (true) {
      if (at_ >= text_.size()) wrong_at(open, fmt::format("the quote {} is never closed", quote));
      const size_t slashes = count_slashes();
      at_ += slashes;
      const bool special = at(quote) || opens_here();
      plain.append(special ? slashes / 2 : slashes, '\\');
      const bool literal = slashes % 2 == 1;
      if (at(quote)) {
        ++at_;
        if (!literal) break;
        plain += quote;
      } else if (opens_here() && literal) {
        plain += "${";
        at_ += 2;
      } else if (opens_here()) {
        flush(out.text, plain);
        out.text.push_back(interpolation(depth + 1));
      } else if (at_ < text_.size()) {
        plain += text_[at_++];
      }
    }
    flush(out.text, plain);
  }

  // An unquoted argument: a typed scalar, or text that may hold interpolations.
  void bare(TemplateArgument& out, int depth) {
    std::string plain;
    bool escaped = false;
    size_t kept = 0;
    while (at_ < text_.size() && std::string_view(",]}").find(text_[at_]) == std::string_view::npos) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() &&
          std::string_view("\\()[]{}:=, \t").find(text_[at_ + 1]) != std::string_view::npos) {
        plain += text_[at_ + 1];
        at_ += 2;
        escaped = true;
        kept = plain.size();
      } else if (opens_here()) {
        flush(out.text, plain);
        kept = 0;
        out.text.push_back(interpolation(depth + 1));
      } else if (std::string_view("[{()'\"").find(c) != std::string_view::npos) {
        wrong(unexpected());
      } else {
        plain += c;
        ++at_;
        if (!blank(c)) kept = plain.size();
      }
    }
    plain.resize(kept);
    if (out.text.empty() && !escaped) {
      out.scalar = element_scalar(plain, place_);
      return;
    }
    out.kind = TemplateArgument::Kind::text;
    flush(out.text, plain);
    out.quoted = escaped;
  }
};

}  // namespace

Template parse_template(const std::string& text, const Place& place) { return TemplateParser(text, place).whole(); }

TemplateArgument parse_template_element(const std::string& text, const Place& place) {
  return TemplateParser(text, place).single();
}

std::vector<std::string> reference_keys(std::string_view reference, const Place& place) {
  std::vector<std::string> keys(1);
  bool inside = false, closed = false;
  for (const char c : reference) {
    const bool wrong = c == '[' || c == ']' ? inside != (c == ']') : closed && c != '.';
    if (wrong) fail_at(place, fmt::format("the brackets of the interpolation key '{}' do not match", reference));
    if (c == '.' || c == '[') {
      if (c == '.' || !keys.back().empty() || keys.size() > 1) keys.emplace_back();
    } else if (c != ']') {
      keys.back() += c;
    }
    inside = c == '[' || (inside && c != ']');
    closed = c == ']';
  }
  if (inside) fail_at(place, fmt::format("the brackets of the interpolation key '{}' do not match", reference));
  return keys;
}

}  // namespace lx::config
