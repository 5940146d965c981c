// Which option each group gets: choices of the command line and of `override` lines, and what was chosen so far.
#pragma once

#include "config/config_files.h"
#include "config/override.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lx::config {

/// An entry of a defaults list together with where it stands in the tree.
struct PlacedEntry {
  DefaultEntry entry;
  std::string parent;       // the config that holds it
  std::string base_folder;  // the group of that config: relative groups start there
  std::string parent_package;
  std::optional<std::string> header;  // "# @package" of the config it names, once loaded
  std::string option_group;           // of an item of a list of options: the group of the list
  bool primary = false;
  std::optional<Place> chosen_at;  // where another option was chosen for it

  std::string group_path() const;   // "stack/position"; of a plain entry the folder it lies in
  std::string config_path() const;  // "stack/position/rope"
  std::string final_package(bool with_header = true) const;
  std::string override_key() const;  // "stack/position", with "@package" when that is not the default one
  bool is_interpolated() const;
  PlacedEntry child(const DefaultEntry& entry, const std::string& name) const;
  const Place& origin() const { return chosen_at ? *chosen_at : entry.place; }
};

class Choices {
 public:
  explicit Choices(const std::vector<Override>& overrides);

  const std::vector<DefaultEntry>& appended() const { return appended_; }
  void add(const PlacedEntry& overriding);      // an `override` line; earlier choices win
  void apply(PlacedEntry& item);                // puts the chosen option in
  void mark_origin(PlacedEntry& item) const;    // remembers where it was chosen, for messages
  bool take_deletion(const PlacedEntry& item);  // was it deleted with ~group?
  void note(const PlacedEntry& item);           // what is chosen now; refuses a group that stands there twice
  void interpolate(PlacedEntry& item) const;    // ${group} -> its option
  void check_all_used() const;

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
};

}  // namespace lx::config
