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
  std::string summary;  // one line: what it does, and the source
  std::function<std::shared_ptr<ScoreModifier>(const config::Node& settings, const Shape&, const std::string& path)>
      make;
  std::function<std::vector<config::KeyHelp>()> help;
};

Registry<ModifierEntry>& modifiers();

template <class Modifier>
struct RegisterModifier {
  RegisterModifier(const char* name, const char* summary) {
    modifiers().add(name, {summary,
                           [](const config::Node& settings, const Shape& shape, const std::string& path) {
                             auto config = config::read<typename Modifier::Config>(settings, path);
                             return std::make_shared<Modifier>(std::move(config), shape);
                           },
                           [] { return config::help<typename Modifier::Config>(); }});
  }
};

}  // namespace lx

#define REGISTER_MODIFIER(Type, name, summary) \
  [[maybe_unused]] const ::lx::RegisterModifier<Type> register_##Type { name, summary }
