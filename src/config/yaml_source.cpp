// See yaml_source.h.
#include "config/yaml_source.h"

#include <string_view>

namespace lx::config {

namespace {
constexpr std::string_view yaml_blanks = " \t\r\n";
}

size_t YamlSource::content(size_t position) const {
  size_t at = start_ + position;
  while (at < text_.size()) {
    if (text_[at] == '!')
      at = text_.find_first_of(" \t\r\n'\"", at);
    else if (text_[at] == '&')
      at = text_.find_first_of(yaml_blanks, at);
    else if (yaml_blanks.find(text_[at]) != std::string_view::npos)
      ++at;
    else
      break;
  }
  return at;
}

size_t YamlSource::closing(size_t quote) const {
  const char mark = text_[quote];
  for (size_t at = quote + 1; at < text_.size(); ++at) {
    if (mark == '"' && text_[at] == '\\') {
      ++at;
    } else if (text_[at] == mark) {
      if (mark == '"' || at + 1 >= text_.size() || text_[at + 1] != mark) return at;
      ++at;  // '' inside '...'
    }
  }
  return std::string::npos;
}

bool YamlSource::never_closed(size_t position) const {
  const size_t at = content(position);
  if (at >= text_.size() || (text_[at] != '\'' && text_[at] != '"')) return false;
  return closing(at) == std::string::npos;
}

bool YamlSource::lacks_colon(size_t position) const {
  size_t at = content(position);
  if (at >= text_.size()) return false;
  const size_t before = at == 0 ? std::string::npos : text_.find_last_not_of(yaml_blanks, at - 1);
  if (before != std::string::npos && text_[before] == '?') return false;  // an explicit key: "? key"
  if (text_[at] == '\'' || text_[at] == '"') at = closing(at);
  const size_t end = text_.find_first_of("\r\n", at);
  for (; at < text_.size() && at < end; ++at) {
    if (text_[at] == ':' && (at + 1 >= text_.size() || yaml_blanks.find(text_[at + 1]) != std::string_view::npos))
      return false;
    if (text_[at] == '#' && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) return true;
  }
  return true;
}

int YamlSource::strange_directive() const {
  int line = 1;
  for (size_t at = start_; at < text_.size(); ++line) {
    const std::string_view rest = std::string_view(text_).substr(at);
    if (rest[0] == '%' && !rest.starts_with("%YAML ") && !rest.starts_with("%TAG ")) return line;
    const size_t end = text_.find('\n', at);
    if (end == std::string::npos) return 0;
    at = end + 1;
  }
  return 0;
}

}  // namespace lx::config
