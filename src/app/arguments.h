// The command line: a subcommand, flags, and overrides in any order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct Flag {
  std::string name, short_name, argument, help;  // argument empty: a switch; "[a|b]": one of these words, or none
};

struct Arguments {
  std::vector<std::string> words;            // overrides, names, paths: all that is no flag
  std::map<std::string, std::string> flags;  // by long name; a switch holds ""
  bool has(const std::string& flag) const { return flags.contains(flag); }
  std::optional<std::string> get(const std::string& flag) const {
    const auto it = flags.find(flag);
    return it == flags.end() ? std::nullopt : std::optional(it->second);
  }
};

/// Throws UsageError for unknown flags, with a spelling hint. `--` ends flags. `-cn NAME`, `--x=y` and `--x y` all
/// work.
Arguments parse_arguments(const std::vector<std::string>& words, const std::vector<Flag>& known,
                          const std::string& command);

}  // namespace lx
