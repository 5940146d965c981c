#include "data/clean.h"

namespace lx {

size_t utf8_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0 || bytes.size() < length) return 0;
  // Table 3-7 of the Unicode standard: the second byte's range depends on the first.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (at(1) < low || at(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (at(i) < 0x80 || at(i) > 0xBF) return 0;
  }
  return length;
}

namespace {

// The length of a terminal escape sequence such as ESC [ 1 m at the front, or 1 for a bare ESC.
size_t escape_length(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[1] != '[') return 1;
  size_t i = 2;
  while (i < bytes.size() && bytes[i] >= 0x20 && bytes[i] < 0x40) ++i;
  return i < bytes.size() ? i + 1 : i;
}

void drop_last_character(std::string& text) {
  while (!text.empty() && text.back() != '\n') {
    const bool continuation = (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80;
    text.pop_back();
    if (!continuation) return;
  }
}

}  // namespace

std::optional<std::string> clean_text(std::string_view bytes) {
  if (bytes.find('\0') != std::string_view::npos) return std::nullopt;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const size_t all = bytes.size();
  std::string text;
  text.reserve(all);
  size_t invalid = 0, newlines = 0;
  while (!bytes.empty()) {
    const char c = bytes[0];
    size_t used = 1;
    if (c == '\n' || c == '\r' || c == '\f' || c == '\v') {
      if (c == '\r' && bytes.starts_with("\r\n")) used = 2;
      if (!text.empty() && ++newlines <= 3) text += '\n';
    } else if (c == '\b') {
      drop_last_character(text);
    } else if (c == '\x1B') {
      used = escape_length(bytes);
    } else if (c == '\t' || (c >= 0x20 && c < 0x7F)) {
      text += c;
      newlines = 0;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const size_t length = utf8_length(bytes);
      used = length == 0 ? 1 : length;
      if (length == 0) {
        ++invalid;
        text += "\xEF\xBF\xBD";
      } else {
        text += bytes.substr(0, length);
      }
      newlines = 0;
    }
    bytes.remove_prefix(used);
  }
  if (invalid * 100 > all) return std::nullopt;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\t')) text.pop_back();
  if (!text.empty()) text += '\n';
  return text;
}

}  // namespace lx
