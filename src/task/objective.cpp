#include "task/objective.h"

namespace lx {

Registry<ObjectiveEntry>& objectives() {
  static Registry<ObjectiveEntry> registry("objective");
  return registry;
}

namespace {

struct NamedObjective {
  const ObjectiveEntry& entry;
  config::Node settings;

  static NamedObjective read(const config::Node& section) {
    if (!section.is_map()) config::detail::wrong_kind(section, "objective", "dict");
    config::Node settings = section;
    std::string name = "next_token";
    config::Place place = section.place;
    if (const config::Node* given = section.map().find("name")) {
      place = given->place;
      name = config::detail::to_string(*given, "objective.name");
      settings.map().erase("name");
    }
    return {objectives().get(name, place.prefix()), std::move(settings)};
  }
};

}  // namespace

std::unique_ptr<Objective> make_objective(const config::Node& section, const ObjectiveContext& context) {
  const NamedObjective named = NamedObjective::read(section);
  return named.entry.make(named.settings, context);
}

void check_objective(const config::Node& section) {
  const NamedObjective named = NamedObjective::read(section);
  named.entry.check(named.settings, "objective");
}

}  // namespace lx
