// The command line: a subcommand, flags, and overrides in any order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lx {

struct Flag {
  std::string name, short_name, argument, help;  // argument empty: a switch; "[a|b]": one of these words, or none
};

struct Arguments {
  std::vector<std::string> words;            // overrides, names, paths: all that is no flag
  std::map<std::string, std::string> flags;  // by long name; a switch holds ""; given twice, the last counts
  std::vector<std::pair<std::string, std::string>> given;  // all flags, as often as they were given
  bool has(const std::string& flag) const { return flags.contains(flag); }
  std::optional<std::string> get(const std::string& flag) const {
    const auto it = flags.find(flag);
    return it == flags.end() ? std::nullopt : std::optional(it->second);
  }
  /// Every value of a flag that may be given again.
  std::vector<std::string> all(const std::string& flag) const {
    std::vector<std::string> values;
    for (const auto& [name, value] : given)
      if (name == flag) values.push_back(value);
    return values;
  }
};

/// Throws UsageError for unknown flags, with a spelling hint. `--` ends flags. `-cn NAME`, `--x=y` and `--x y` all
/// work.
Arguments parse_arguments(const std::vector<std::string>& words, const std::vector<Flag>& known,
                          const std::string& command);

}  // namespace lx
