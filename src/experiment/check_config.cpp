#include "experiment/check_config.h"

#include "config/mistakes.h"
#include "model/layer_keys.h"
#include "model/layers.h"
#include "model/mixer_layers.h"
#include "model/model_registry.h"
#include "task/objective.h"
#include "task/registry.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/section.h"

#include <algorithm>

namespace lx {
namespace {

struct SectionCheck {
  const config::Node& resolved;
  config::Mistakes mistakes = {};

  void model() {
    const config::Node* section = resolved.find("model");
    if (!section) return;
    config::Node settings = *section;
    mistakes.attempt([&] {
      const ModelEntry& entry = take_named(models(), settings, "decoder", "model");
      if (entry.check) entry.check(settings, "model");
    });
    const config::Node* mixer = section->find("mixer");
    if (!mixer) return;
    mistakes.attempt([&] { check_mixers(*mixer, kLayersUnknown, "model.mixer"); });
  }

  template <class Entry>
  void named(const Registry<Entry>& registry, const std::string& path) {
    const config::Node* section = resolved.find(path);
    if (!section) return;
    mistakes.attempt([&] {
      const auto [name, settings] = split_name(*section, path);
      const Entry& entry = registry.get(name, section->find("name")->place.prefix());
      if (entry.check) entry.check(settings, path);
    });
  }

  void modifiers() {
    if (const config::Node* encoding = resolved.find("encoding"))
      mistakes.attempt([&] { check_modifiers_of(*encoding, "encoding"); });
    const config::Node* variants = resolved.find("eval.variants");
    if (!variants || !variants->is_map()) return;
    for (const auto& [name, variant] : variants->map())
      mistakes.attempt([&, &name = name, &variant = variant] {
        check_modifiers_of(variant, config::detail::child("eval.variants", name));
      });
  }
};

/// "eval.lengths[2]" is "eval.lengths.2" for Node::find.
std::string dotted_key(std::string key) {
  std::erase(key, ']');
  std::replace(key.begin(), key.end(), '[', '.');
  return key;
}

}  // namespace

void check_nothing_missing(const config::Node& composed) {
  config::Mistakes mistakes;
  for (const std::string& key : config::missing_keys(composed)) {
    const config::Node* node = composed.find(dotted_key(key));
    mistakes.add(
        fmt::format("{0}Missing mandatory value: {1} (give it: {1}=VALUE)", node ? node->place.prefix() : "", key));
  }
  mistakes.tell();
}

void check_sections(const config::Node& resolved) {
  SectionCheck check{resolved};
  check.model();
  check.named(optimizers(), "train.optimizer");
  check.named(schedules(), "train.schedule");
  if (const config::Node* objective = resolved.find("objective"))
    check.mistakes.attempt([&] { check_objective(*objective); });
  if (const config::Node* data = resolved.find("data")) check.mistakes.attempt([&] { check_task(*data); });
  check.modifiers();
  check.mistakes.tell();
}

}  // namespace lx
