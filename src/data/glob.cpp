#include "data/glob.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>

namespace lx {
namespace {

// "x{a,b{c,d}}y" -> xay, xbcy, xbdy
std::vector<std::string> expand_braces(const std::string& pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  std::vector<std::string> parts(1);
  size_t depth = 1, i = open + 1;
  for (; i < pattern.size() && depth > 0; ++i) {
    const char c = pattern[i];
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (depth == 0) break;
    if (c == ',' && depth == 1)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  require(depth == 0, "the file pattern '{}' has a '{{' without '}}'", pattern);
  std::vector<std::string> all;
  for (const std::string& part : parts) {
    for (std::string& whole : expand_braces(pattern.substr(0, open) + part + pattern.substr(i + 1))) {
      all.push_back(std::move(whole));
    }
  }
  return all;
}

// One pattern without braces. A `**/` may also match nothing.
bool match_plain(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (pattern.starts_with("**")) {
      std::string_view rest = pattern.substr(2);
      if (rest.starts_with('/')) {
        rest.remove_prefix(1);
        if (match_plain(rest, path)) return true;
        for (size_t i = 0; i < path.size(); ++i) {
          if (path[i] == '/' && match_plain(rest, path.substr(i + 1))) return true;
        }
        return false;
      }
      for (size_t i = 0; i <= path.size(); ++i) {
        if (match_plain(rest, path.substr(i))) return true;
      }
      return false;
    }
    if (pattern[0] == '*') {
      const std::string_view rest = pattern.substr(1);
      for (size_t i = 0;; ++i) {
        if (match_plain(rest, path.substr(i))) return true;
        if (i == path.size() || path[i] == '/') return false;
      }
    }
    if (path.empty()) return false;
    if (pattern[0] == '[') {
      const size_t close = pattern.find(']', 2);
      if (close != std::string_view::npos) {
        std::string_view set = pattern.substr(1, close - 1);
        const bool negated = set[0] == '!' || set[0] == '^';
        if (negated) set.remove_prefix(1);
        bool inside = false;
        for (size_t i = 0; i < set.size(); ++i) {
          if (i + 2 < set.size() && set[i + 1] == '-') {
            inside = inside || (set[i] <= path[0] && path[0] <= set[i + 2]);
            i += 2;
          } else {
            inside = inside || set[i] == path[0];
          }
        }
        if (inside == negated || path[0] == '/') return false;
        pattern.remove_prefix(close + 1);
        path.remove_prefix(1);
        continue;
      }
    }
    if (pattern[0] == '?' ? path[0] == '/' : pattern[0] != path[0]) return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

// Visits everything below `root` except hidden names; unreadable folders are skipped as a shell would.
template <class Visit>
void walk_visible(const fs::path& root, Visit visit) {
  std::error_code error;
  fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
  require(!error, "cannot read the folder {}: {}", shown(root), error.message());
  while (it != end) {
    if (it->path().filename().string().starts_with('.')) {
      it.disable_recursion_pending();
    } else {
      visit(*it);
    }
    it.increment(error);
    require(!error, "cannot read the folder {}: {}", shown(root), error.message());
  }
}

// The path of a file found by walking `root`, without `root` in front.
std::string below(const fs::path& root, const fs::path& found) {
  const std::string& whole = found.native();
  size_t begin = root.native().size();
  while (begin < whole.size() && whole[begin] == '/') ++begin;
  return whole.substr(begin);
}

}  // namespace

bool has_wildcards(std::string_view pattern) { return pattern.find_first_of("*?[{") != std::string_view::npos; }

bool glob_match(std::string_view pattern, std::string_view path) {
  for (const std::string& plain : expand_braces(std::string(pattern))) {
    if (match_plain(plain, path)) return true;
  }
  return false;
}

bool matches_any(std::span<const std::string> patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return glob_match(p, path); });
}

std::vector<std::string> find_files(const fs::path& root, std::span<const std::string> patterns,
                                    std::span<const std::string> exclude) {
  std::vector<std::string> wanted, found;
  for (const std::string& pattern : patterns) {
    for (std::string& plain : expand_braces(pattern)) wanted.push_back(std::move(plain));
  }
  walk_visible(root, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored)) return;
    std::string path = below(root, entry.path());
    if (matches_any(wanted, path) && !matches_any(exclude, path)) found.push_back(std::move(path));
  });
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> find_folders(const fs::path& root, const std::string& pattern) {
  if (!has_wildcards(pattern)) {
    const fs::path folder = pattern.empty() ? root : root / pattern;
    return fs::is_directory(folder) ? std::vector<fs::path>{folder} : std::vector<fs::path>{};
  }
  std::vector<fs::path> found;
  walk_visible(root, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    if (entry.is_directory(ignored) && glob_match(pattern, below(root, entry.path()))) {
      found.push_back(entry.path());
    }
  });
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace lx
