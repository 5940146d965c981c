// Typing of plain text; see scalar.h. The patterns are those of PyYAML's resolver, OmegaConf's loader and Hydra's
// lexer.
#include "config/scalar.h"

#include "base/error.h"
#include "base/text.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace lx::config {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (text == word) return true;
  return false;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string without(std::string_view text, char dropped) {
  std::string out;
  for (const char c : text)
    if (c != dropped) out += c;
  return out;
}

// The length of a run of digits with single underscores between them ("1_000"), 0 when there is none.
size_t digit_run(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && (digit(text[n]) || (text[n] == '_' && n > 0 && digit(text[n - 1]) && n + 1 < text.size() &&
                                                digit(text[n + 1]))))
    ++n;
  return n;
}

size_t sign_length(std::string_view text) { return !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0; }

// [sign] digits [. [digits]] [e[sign]digits] with a point or an exponent. `point_first` allows ".5".
bool is_decimal(std::string_view text) {
  text.remove_prefix(sign_length(text));
  const size_t whole = digit_run(text);
  text.remove_prefix(whole);
  bool point = false;
  size_t fraction = 0;
  if (!text.empty() && text[0] == '.') {
    point = true;
    text.remove_prefix(1);
    fraction = digit_run(text);
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return point;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  text.remove_prefix(sign_length(text));
  return !text.empty() && text.find('_') == std::string_view::npos && digit_run(text) == text.size();
}

double decimal_value(std::string_view text) { return std::strtod(without(text, '_').c_str(), nullptr); }

// A magnitude and a sign to int64; empty on overflow.
std::optional<int64_t> signed_value(std::string_view digits, int base, bool negative) {
  uint64_t value = 0;
  for (const char c : digits) {
    if (c == '_') continue;
    const int d = digit(c) ? c - '0' : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
    if (__builtin_mul_overflow(value, static_cast<uint64_t>(base), &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(d), &value))
      return std::nullopt;
  }
  constexpr uint64_t top = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (value > top + (negative ? 1 : 0)) return std::nullopt;
  return negative ? static_cast<int64_t>(0 - value) : static_cast<int64_t>(value);
}

struct YamlNumber {
  enum class Form { none, integer, sexagesimal, real, sexagesimal_real } form = Form::none;
  int base = 10;
  std::string_view digits;  // without sign and base prefix
};

bool all_in(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

YamlNumber yaml_number(std::string_view text) {
  using Form = YamlNumber::Form;
  const std::string_view body = text.substr(sign_length(text));
  if (body.empty()) return {};
  if (body[0] == '.' && one_of(body.substr(1), {"inf", "Inf", "INF"})) return {Form::real, 10, text};
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return {Form::real, 10, text};
  const std::string_view rest = body.size() > 2 ? body.substr(2) : std::string_view();
  if (body[0] == '0' && body.size() > 1) {
    if (body[1] == 'b' && all_in(rest, "01_")) return {Form::integer, 2, rest};
    if (body[1] == 'x' && all_in(rest, "0123456789abcdefABCDEF_")) return {Form::integer, 16, rest};
    if (all_in(body.substr(1), "01234567_")) return {Form::integer, 8, body.substr(1)};
  }
  if (body == "0" || (body[0] >= '1' && body[0] <= '9' && all_in(body, "0123456789_")))
    return {Form::integer, 10, body};
  if (is_decimal(text)) return {Form::real, 10, text};
  // 1:30 and 1:30.5, base 60
  if (!digit(body[0])) return {};
  size_t i = 0;
  while (i < body.size() && (digit(body[i]) || body[i] == '_')) ++i;
  int groups = 0;
  while (i < body.size() && body[i] == ':') {
    size_t n = 0;
    while (n < 2 && i + 1 + n < body.size() && digit(body[i + 1 + n])) ++n;
    if (n == 0 || (n == 2 && body[i + 1] > '5')) return {};
    i += 1 + n, ++groups;
  }
  if (groups == 0) return {};
  if (i == body.size() && body[0] != '0') return {Form::sexagesimal, 10, body};
  if (i < body.size() && body[i] == '.' && body.find_first_not_of("0123456789_", i + 1) == std::string_view::npos)
    return {Form::sexagesimal_real, 10, body};
  return {};
}

Node checked_integer(std::optional<int64_t> value, std::string_view text, const Place& place) {
  if (!value)
    fail_at(place, fmt::format("the integer {} does not fit into 64 bits; write it as a float or quote it", text));
  return Node(*value);
}

}  // namespace

bool yaml_retypes(std::string_view text) {
  return text.empty() || one_of(text, {"~", "null", "Null", "NULL"}) ||
         one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on",
                       "On", "ON", "off", "Off", "OFF"}) ||
         yaml_number(text).form != YamlNumber::Form::none;
}

Node yaml_scalar(std::string_view text, const Place& place) {
  using Form = YamlNumber::Form;
  if (text.empty() || one_of(text, {"~", "null", "Null", "NULL"})) return Node();
  if (one_of(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return Node(true);
  if (one_of(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return Node(false);
  const YamlNumber number = yaml_number(text);
  const bool negative = text[0] == '-';
  switch (number.form) {
    case Form::none:
      return Node(std::string(text));
    case Form::integer:
      return checked_integer(signed_value(number.digits, number.base, negative), text, place);
    case Form::real: {
      const std::string word = lower(text);
      if (word == ".nan") return Node(std::numeric_limits<double>::quiet_NaN());
      if (word.find("inf") != std::string::npos) {
        const double infinity = std::numeric_limits<double>::infinity();
        return Node(negative ? -infinity : infinity);
      }
      return Node(decimal_value(text));
    }
    case Form::sexagesimal: {
      int64_t value = 0;
      bool overflow = false;
      for (const std::string& part : split(number.digits, ':')) {
        overflow = overflow || __builtin_mul_overflow(value, int64_t{60}, &value);
        const auto term = signed_value(part, 10, false);
        overflow = overflow || !term || __builtin_add_overflow(value, *term, &value);
      }
      return checked_integer(overflow ? std::nullopt : std::optional(negative ? -value : value), text, place);
    }
    case Form::sexagesimal_real: {
      double value = 0;
      for (const std::string& part : split(number.digits, ':')) value = value * 60 + decimal_value(part);
      return Node(negative ? -value : value);
    }
  }
  return Node(std::string(text));
}

Node element_scalar(std::string_view text, const Place& place) {
  const std::string word = lower(text);
  if (word == "null") return Node();
  if (word == "true") return Node(true);
  if (word == "false") return Node(false);
  const std::string_view body = text.substr(sign_length(text));
  const bool negative = !text.empty() && text[0] == '-';
  const bool whole = !body.empty() && digit(body[0]) && digit_run(body) == body.size();
  if (whole && (body[0] != '0' || body.size() == 1))
    return checked_integer(signed_value(body, 10, negative), text, place);
  const std::string number = lower(body);
  if (number == "inf")
    return Node(negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
  if (number == "nan") return Node(std::numeric_limits<double>::quiet_NaN());
  if (is_decimal(text)) return Node(decimal_value(text));
  return Node(std::string(text));
}

std::optional<int64_t> python_int(std::string_view text) {
  text = trim(text);
  const std::string_view body = text.substr(sign_length(text));
  if (body.empty() || digit_run(body) != body.size()) return std::nullopt;
  return signed_value(body, 10, text[0] == '-');
}

std::optional<double> python_float(std::string_view text) {
  text = trim(text);
  const std::string_view body = text.substr(sign_length(text));
  const double sign = !text.empty() && text[0] == '-' ? -1 : 1;
  const std::string word = lower(body);
  if (word == "inf" || word == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  const bool whole = !body.empty() && digit_run(body) == body.size();
  if (whole || is_decimal(text)) return decimal_value(text);
  return std::nullopt;
}

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
