// The YAML files of a search path: groups, options, package headers and defaults lists, read once each.
#pragma once

#include "base/files.h"
#include "config/node.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lx::config {

/// One line of a defaults list: `- group@package: option`, `- path/to/config@package`, or `- _self_`.
struct DefaultEntry {
  std::string group;                                // "encoding", "/encoding"; empty for a plain entry
  std::string path;                                 // of a plain entry; "_self_"
  std::optional<std::string> option;                // of a group; empty for null
  std::optional<std::vector<std::string>> options;  // of a group with a list of options
  std::optional<std::string> package;               // behind '@'
  bool optional = false;
  bool overriding = false;
  bool appended = false;  // by +group=option
  Place place;

  bool is_group() const { return !group.empty(); }
  bool is_self() const { return path == "_self_"; }
  std::string shown_value() const;  // "rope", "[a, b]", "null"
};

struct ConfigFile {
  Node content;  // without its defaults list
  std::vector<DefaultEntry> defaults;
  std::optional<std::string> package;  // from "# @package P"
};

class ConfigFiles {
 public:
  explicit ConfigFiles(std::vector<fs::path> search_path) : search_path_(std::move(search_path)) {}

  /// More folders, behind the others.
  void add_folders(const std::vector<fs::path>& folders);
  const std::vector<fs::path>& search_path() const { return search_path_; }

  /// `name` is "encoding/rope". Null when no folder of the search path has it; the first that has it wins, and before
  /// all of them come the built-in files of the hydra node.
  const ConfigFile* load(const std::string& name);
  bool has_group(const std::string& group) const;
  bool has_config(const std::string& name) const;
  std::vector<std::string> options(const std::string& group) const;  // sorted
  std::vector<std::string> groups() const;                           // all of them, nested ones too, sorted
  /// "Config search path:" and one folder a line, for messages.
  std::string described() const;

 private:
  std::vector<fs::path> search_path_;
  std::map<std::string, std::unique_ptr<ConfigFile>> loaded_;

  const ConfigFile* read(const std::string& name, const std::string& text, const std::string& source);
};

/// Reads a defaults list. `name` is the config that holds it, for messages.
std::vector<DefaultEntry> read_defaults(const Node& list, const std::string& name);

/// Moves folders in an option into the group: {a: b/c} means {a/b: c}.
void normalize_option(DefaultEntry& entry);

}  // namespace lx::config
