// The pieces of the configuration's JSON Schema that come from registries: sections that choose by name, and lists of
// modifiers.
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "config/json_schema.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lx {

/// The keys of one level, nested ones inside them.
config::Map top_properties(const std::vector<config::KeyHelp>& keys);

/// A section whose key `chooser` names what the other keys belong to.
struct NamedChoices {
  std::string chooser;  // "name"
  std::string sentence;
  std::vector<std::pair<std::string, config::Map>> choices;  // name -> its keys
  std::vector<std::string> summaries;

  template <class Entry>
  static NamedChoices of(const Registry<Entry>& registry, const std::string& chooser, const std::string& sentence) {
    NamedChoices all{chooser, sentence, {}, {}};
    for (const auto& [name, entry] : registry.entries()) {
      all.choices.emplace_back(name, top_properties(entry.help ? entry.help() : std::vector<config::KeyHelp>{}));
      all.summaries.push_back(entry.summary);
    }
    return all;
  }

  /// Puts another schema in the place of a key's own.
  void replace(const std::string& key, const config::Node& schema);
  /// Without `chooser` (an overlay on a section that was chosen elsewhere) any key of any choice passes.
  config::Node schema() const;
};

/// A dict of `entry` by depth: first, last, every 4, ...
config::Node by_layer_schema(const config::Node& entry);

/// Definitions of modifiers, stacks, variants and the section `encoding`.
void add_encoding_definitions(config::Map& definitions);

}  // namespace lx
