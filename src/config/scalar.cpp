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

// An exponent, or nothing, up to the end: e-3, E+10. Python lets digits be grouped there, YAML does not.
bool is_exponent(std::string_view text, bool grouped) {
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  text.remove_prefix(sign_length(text));
  return !text.empty() && digit_run(text) == text.size() && (grouped || text.find('_') == std::string_view::npos);
}

// Python's floats with a point or an exponent: 1., .5, 1_0.2_5, 1e-3.
bool is_python_decimal(std::string_view text) {
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
  return whole + fraction > 0 && (point || !text.empty()) && is_exponent(text, true);
}

// Hydra's: the same, but 01.5 is text.
bool is_element_decimal(std::string_view text) {
  const std::string_view body = text.substr(sign_length(text));
  const bool padded = body.size() > 1 && body[0] == '0' && (digit(body[1]) || body[1] == '_');
  return !padded && is_python_decimal(text);
}

// PyYAML's and OmegaConf's patterns together: underscores anywhere behind a first digit, but in front of an exponent
// without a sign only between digits. Beyond them, -.5 and .5e3 are floats, too.
bool is_yaml_decimal(std::string_view text) {
  text.remove_prefix(sign_length(text));
  const auto take = [&](size_t length) {
    const std::string_view taken = text.substr(0, length);
    text.remove_prefix(taken.size());
    return taken;
  };
  const auto loose = [&] { return std::min(text.find_first_not_of("0123456789_"), text.size()); };
  const std::string_view whole = take(!text.empty() && digit(text[0]) ? loose() : 0);
  const bool strict = digit_run(whole) == whole.size();
  if (text.empty()) return false;
  if (text[0] != '.') return !whole.empty() && strict && is_exponent(text, false);
  take(1);
  const std::string_view fraction = take(loose());
  if (whole.empty() && (fraction.empty() || !digit(fraction[0]))) return false;
  const bool sign = text.size() > 1 && sign_length(text.substr(1)) > 0;
  return is_exponent(text, false) && (text.empty() || strict || sign);
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
    const bool digits = rest.find_first_not_of('_') != std::string_view::npos;
    if (body[1] == 'b' && digits && all_in(rest, "01_")) return {Form::integer, 2, rest};
    if (body[1] == 'x' && digits && all_in(rest, "0123456789abcdefABCDEF_")) return {Form::integer, 16, rest};
    if (all_in(body.substr(1), "01234567_")) return {Form::integer, 8, body.substr(1)};
  }
  if (body == "0" || (body[0] >= '1' && body[0] <= '9' && all_in(body, "0123456789_")))
    return {Form::integer, 10, body};
  if (is_yaml_decimal(text)) return {Form::real, 10, text};
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
  if (is_element_decimal(text)) return Node(decimal_value(text));
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
  if (whole || is_python_decimal(text)) return decimal_value(text);
  return std::nullopt;
}

}  // namespace lx::config
