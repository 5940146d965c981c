// Which option each group gets: choices of the command line and of `override` lines, and what was chosen so far.
#pragma once

#include "config/override.h"
#include "config/placed_entry.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lx::config {

class Choices {
 public:
  /// `overrides` are those that concern the defaults list: choose, append or delete.
  explicit Choices(const std::vector<Override>& overrides);

  const std::vector<DefaultEntry>& appended() const { return appended_; }
  void add(const PlacedEntry& overriding);  // an `override` line; earlier choices win
  /// Puts the chosen option in. `eligible`: only choices of these keys count (all when null).
  void apply(PlacedEntry& item, const std::set<std::string>* eligible);
  bool take_deletion(const PlacedEntry& item);  // was it deleted with ~group?
  void note(const PlacedEntry& item);           // what is chosen now; refuses a group that stands there twice
  /// ${group} -> its option. False when a group is not known (yet).
  bool interpolate(PlacedEntry& item) const;
  [[noreturn]] void fail_interpolation(const PlacedEntry& item) const;
  void check_all_used() const;
  std::set<std::string> keys() const;  // the override keys that something was chosen for so far

 private:
  struct Choice {
    DefaultEntry entry;
    std::string holder;  // the config with the `override` line; empty: the command line
    std::string text;    // what to type to append instead
    bool used = false;
  };
  struct Deletion {
    std::optional<std::string> option;
    Place place;
    bool used = false;
  };
  std::map<std::string, Choice> chosen_;  // by override key
  std::map<std::string, Deletion> deleted_;
  std::vector<DefaultEntry> appended_;
  std::map<std::string, std::string> known_;               // override key -> option
  std::map<std::string, std::set<std::string>> by_group_;  // group -> override keys

  void append(const Override& override, DefaultEntry entry);
  [[noreturn]] void fail_unused(const std::string& key, const Choice& choice) const;
};

}  // namespace lx::config
