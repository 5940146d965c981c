// An entry of a defaults list together with where it stands in the tree of configs: what it loads, and where that goes.
#pragma once

#include "config/config_files.h"

#include <optional>
#include <string>
#include <vector>

namespace lx::config {

struct PlacedEntry {
  DefaultEntry entry;
  std::string parent;       // the config that holds it
  std::string base_folder;  // the group of that config: relative groups start there
  std::string parent_package;
  std::optional<std::string> header;  // "# @package" of the config it names, once loaded
  std::string option_group;           // of an item of a list of options: the group of the list
  bool primary = false;
  std::optional<Place> chosen_at;  // where another option was chosen for it
  std::string chosen_in;           // the config with that `override` line; empty: the command line

  std::string group_path() const;   // "stack/position"; of a plain entry the folder it lies in
  std::string config_path() const;  // "stack/position/rope"
  std::string final_package(bool with_header = true) const;
  std::string override_key() const;  // "stack/position", with "@package" when that is not the default one
  bool is_interpolated() const;
  bool is_missing() const;  // "???"
  PlacedEntry child(const DefaultEntry& entry, const std::string& name) const;
  const Place& origin() const { return chosen_at ? *chosen_at : entry.place; }
};

}  // namespace lx::config
