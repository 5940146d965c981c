// Matching of shell patterns, as Python's fnmatch does it; see glob.h.
#include "config/glob.h"

#include <cstddef>

namespace lx::config {

namespace {

struct GlobMatcher {
  std::string_view pattern;

  // The end of the set that opens at `at`, or `at` when the bracket is never closed and stands for itself.
  size_t set_end(size_t at) const {
    size_t end = at + 1;
    if (end < pattern.size() && pattern[end] == '!') ++end;
    if (end < pattern.size() && pattern[end] == ']') ++end;
    while (end < pattern.size() && pattern[end] != ']') ++end;
    return end < pattern.size() ? end : at;
  }

  bool in_set(size_t at, size_t end, char c) const {
    size_t i = at + 1;
    const bool negated = pattern[i] == '!';
    if (negated) ++i;
    bool found = false;
    const auto code = [](char x) { return static_cast<unsigned char>(x); };
    while (i < end) {
      const bool range = i + 2 < end && pattern[i + 1] == '-';
      const char last = range ? pattern[i + 2] : pattern[i];
      found = found || (code(pattern[i]) <= code(c) && code(c) <= code(last));
      i += range ? 3 : 1;
    }
    return found != negated;
  }

  // Does the one-character pattern at `at` accept `c`? `next` is where the pattern goes on.
  bool accepts(size_t at, char c, size_t& next) const {
    next = at + 1;
    if (pattern[at] == '?') return true;
    const size_t end = pattern[at] == '[' ? set_end(at) : at;
    if (end == at) return pattern[at] == c;
    next = end + 1;
    return in_set(at, end, c);
  }
};

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view name) {
  const GlobMatcher matcher{pattern};
  size_t p = 0, n = 0, star = std::string_view::npos, retry = 0;
  while (n < name.size()) {
    size_t next = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && matcher.accepts(p, name[n], next)) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {  // the last star takes one character more
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace lx::config
