// How a model class joins lx: one .cpp and one REGISTER_MODEL line.
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "model/model.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace lx {

/// Everything a model is built from besides its own settings.
struct ModelParts {
  const config::Node& encoding;
  const config::Node& post_hoc;
  ModelContext context;
  Random init;
};

struct ModelEntry {
  std::string summary;
  std::function<std::shared_ptr<Model>(const config::Node& settings, const ModelParts&, const std::string& path)> make;
  std::function<std::vector<config::KeyHelp>()> help;
  std::string source;  // paper or post; may be empty
  /// Reads the settings strictly, without making anything.
  std::function<void(const config::Node& settings, const std::string& path)> check = {};
};

Registry<ModelEntry>& models();

template <class T>
struct RegisterModel {
  RegisterModel(const char* name, const char* summary, const char* source = "") {
    models().add(name, {summary,
                        [](const config::Node& settings, const ModelParts& parts, const std::string& path) {
                          return std::make_shared<T>(config::read<typename T::Config>(settings, path), parts, path);
                        },
                        [] { return config::help<typename T::Config>(); }, source,
                        [](const config::Node& settings, const std::string& path) {
                          (void)config::read<typename T::Config>(settings, path);
                        }});
  }
};

/// Removes `name` from a section and returns the registry's entry for it (or for `fallback` when there is no name).
template <class Entry>
const Entry& take_named(const Registry<Entry>& registry, config::Node& section, const std::string& fallback,
                        const std::string& path) {
  if (!section.is_map()) config::detail::wrong_kind(section, path, "dict");
  std::string name = fallback;
  config::Place place = section.place;
  if (const config::Node* given = section.map().find("name")) {
    place = given->place;
    name = config::detail::to_string(*given, path + ".name");
    section.map().erase("name");
  }
  return registry.get(name, place.prefix());
}

}  // namespace lx

/// REGISTER_MODEL(Type, name, summary) or, with a paper or post behind it, (Type, name, summary, source).
#define REGISTER_MODEL(Type, ...) \
  [[maybe_unused]] const ::lx::RegisterModel<Type> register_##Type { __VA_ARGS__ }
