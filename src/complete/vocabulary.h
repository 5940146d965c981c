// What completion knows of the program without starting it: commands, flags, kinds, legal keys. The program writes it
// (it takes half a second to start: LibTorch), the small program lx-complete reads it.
#pragma once

#include "config/fields.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace lx {

struct VocabularyFlag {
  std::string name, short_name, argument;
  static constexpr auto fields() {
    return std::tuple{config::field("name", &VocabularyFlag::name, ""),
                      config::field("short", &VocabularyFlag::short_name, ""),
                      config::field("argument", &VocabularyFlag::argument, "empty: a switch")};
  }
};

struct VocabularyCommand {
  std::string name;
  std::vector<VocabularyFlag> flags;
  std::vector<std::string> verbs;  // what the first word may be: keys, schema
  bool takes_run = false, takes_overrides = false, takes_kind = false;
  static constexpr auto fields() {
    using C = VocabularyCommand;
    return std::tuple{config::field("name", &C::name, ""),
                      config::field("flags", &C::flags, ""),
                      config::field("verbs", &C::verbs, ""),
                      config::field("takes_run", &C::takes_run, ""),
                      config::field("takes_overrides", &C::takes_overrides, ""),
                      config::field("takes_kind", &C::takes_kind, "")};
  }
};

/// A key that a configuration may hold, whether its files write it or not.
struct VocabularyKey {
  std::string path;
  std::vector<std::string> values;  // where they can be counted
  bool section = false;
  static constexpr auto fields() {
    using C = VocabularyKey;
    return std::tuple{config::field("path", &C::path, ""), config::field("values", &C::values, ""),
                      config::field("section", &C::section, "")};
  }
};

struct Vocabulary {
  std::vector<VocabularyCommand> commands;
  std::vector<VocabularyKey> keys;
  std::map<std::string, std::vector<std::string>> kinds;  // of lx list -> names
  static constexpr auto fields() {
    return std::tuple{config::field("commands", &Vocabulary::commands, ""),
                      config::field("keys", &Vocabulary::keys, ""), config::field("kinds", &Vocabulary::kinds, "")};
  }

  const VocabularyCommand* command(const std::string& name) const;
};

}  // namespace lx
