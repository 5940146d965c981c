// The key side of Hydra's override grammar; the value side is element.cpp.
#include "config/override.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <cctype>

namespace lx::config {

namespace {

class KeyParser {
 public:
  KeyParser(const std::string& text, size_t start, const Place& place) : text_(text), at_(start), place_(place) {}

  void read(Override& out) {
    out.key = path(true);
    if (at_ < text_.size() && text_[at_] == '@') {
      ++at_;
      out.package = path(false);
    }
  }
  size_t at() const { return at_; }

  [[noreturn]] void wrong(const std::string& what) const {
    fail_at(place_, fmt::format("{}\n  {}\n  {}^", what, text_, std::string(at_, ' ')));
  }

 private:
  const std::string& text_;
  size_t at_;
  const Place& place_;

  static bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }
  static bool in_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '-'; }

  // a/b/c (groups) or a.b.0 (keys and packages).
  std::string path(bool group_allowed) {
    const size_t start = at_;
    std::string out = name(true);
    if (std::isdigit(static_cast<unsigned char>(out[0])) && (at_ == text_.size() || text_[at_] != '.')) {
      at_ = start;
      name(false);
    }
    if (group_allowed && at_ < text_.size() && text_[at_] == '/' && out.find('$') == std::string::npos) {
      while (at_ < text_.size() && text_[at_] == '/') {
        const size_t slash = at_++;
        out += '/' + name(false);
        if (const size_t dollar = out.find('$'); dollar != std::string::npos) {
          at_ = slash + 1;
          wrong("the name of a group cannot hold '$'");
        }
      }
      return out;
    }
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      out += '.' + name(true);
    }
    return out;
  }

  std::string name(bool number_allowed) {
    const size_t start = at_;
    if (at_ < text_.size() && starts_name(text_[at_])) {
      while (at_ < text_.size() && in_name(text_[at_])) ++at_;
    } else if (number_allowed) {
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (at_ > start + 1 && text_[start] == '0') at_ = start;
    }
    if (at_ == start)
      wrong(number_allowed ? "expected a name or an index of a list"
                           : "expected a name (letters, digits, _, - and $, not a digit first)");
    return text_.substr(start, at_ - start);
  }
};

}  // namespace

Override parse_override(const std::string& text, const Place& place) {
  Override out;
  out.text = text;
  out.place = place.source ? place : Place{std::make_shared<const std::string>("override '" + text + "'"), 0, 0};
  if (!is_utf8(text)) fail_at(out.place, "is not a text in UTF-8");
  size_t at = 0;
  if (text.starts_with("++"))
    out.kind = Override::Kind::force_add, at = 2;
  else if (text.starts_with("+"))
    out.kind = Override::Kind::add, at = 1;
  else if (text.starts_with("~"))
    out.kind = Override::Kind::remove, at = 1;
  KeyParser key(text, at, out.place);
  key.read(out);
  if (key.at() == text.size()) {
    if (out.kind != Override::Kind::remove) key.wrong("expected '=' and a value");
    return out;
  }
  if (text[key.at()] != '=') key.wrong("expected '=' after the key");
  out.has_value = true;
  out.values = parse_elements(text, key.at() + 1, out.place);
  if (out.values.size() == 1 && out.values[0].kind == Element::Kind::call && out.values[0].function == "extend_list") {
    if (out.kind != Override::Kind::change) key.wrong("Trying to use override symbols when extending a list");
    out.kind = Override::Kind::extend;
  }
  return out;
}

bool Override::is_sweep() const {
  return values.size() > 1 ||
         std::any_of(values.begin(), values.end(), [](const Element& e) { return config::is_sweep(e); });
}

Node Override::value() const {
  if (values.size() > 1)
    throw Error(
        fmt::format("Ambiguous value for argument '{}'\n"
                    "1. To use it as a list, use key=[value1,value2]\n"
                    "2. To use it as string, quote the value: key=\\'value1,value2\\'\n"
                    "3. To sweep over it, add --multirun to your command line",
                    text));
  if (is_sweep()) throw Error(fmt::format("Sweep parameters '{}' requires --multirun", text));
  if (values.empty()) {
    Node none;
    none.place = place;
    return none;
  }
  if (kind == Kind::extend) {
    Element added = values[0];
    added.kind = Element::Kind::list;
    return element_value(added, place);
  }
  return element_value(values[0], place);
}

}  // namespace lx::config
