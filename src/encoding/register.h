// How an encoding joins lx: one .cpp with a ScoreModifier, a Config with fields(), and one REGISTER_MODIFIER line.
// There are no headers per encoding: the registry is the interface.
#pragma once

#include "attention/score_modifier.h"
#include "base/registry.h"
#include "config/fields.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

struct ModifierEntry {
  std::string summary;  // one line: what it does
  std::string source;   // paper or post
  Questions questions;  // where it acts
  std::function<std::shared_ptr<ScoreModifier>(const config::Node& settings, const Shape&, const std::string& path)>
      make;
  std::function<std::vector<config::KeyHelp>()> help;
  /// The settings with every default filled in. Throws Error with the place, as make() does.
  std::function<config::Node(const config::Node& settings, const std::string& path)> complete;
};

Registry<ModifierEntry>& modifiers();

template <class Modifier>
struct RegisterModifier {
  using Config = typename Modifier::Config;
  RegisterModifier(const char* name, const char* summary, const char* source) {
    modifiers().add(name, {summary, source, questions_of<Modifier>(),
                           [](const config::Node& settings, const Shape& shape, const std::string& path) {
                             return std::make_shared<Modifier>(config::read<Config>(settings, path), shape);
                           },
                           [] { return config::help<Config>(); },
                           [](const config::Node& settings, const std::string& path) {
                             return config::dump(config::read<Config>(settings, path));
                           }});
  }
};

}  // namespace lx

#define REGISTER_MODIFIER(Type, name, summary, source) \
  [[maybe_unused]] const ::lx::RegisterModifier<Type> register_##Type { name, summary, source }
