#include "app/legal_keys.h"

#include "experiment/run_config.h"
#include "model/mixer.h"
#include "model/model_registry.h"
#include "sweep/launcher.h"
#include "task/objective.h"
#include "task/registry.h"
#include "task/text.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace lx {
namespace {

template <class Entry>
void add_chosen(std::vector<LegalKey>& all, const std::string& path, const Registry<Entry>& registry) {
  for (const auto& [name, entry] : registry.entries()) {
    for (config::KeyHelp& key : entry.help()) {
      key.path = path + "." + key.path;
      all.push_back({std::move(key), name});
    }
  }
}

}  // namespace

std::vector<LegalKey> legal_keys() {
  std::vector<LegalKey> all;
  for (config::KeyHelp& key : config::help<RunConfig>()) all.push_back({std::move(key), ""});
  for (config::KeyHelp& key : config::help<TextConfig>("data")) all.push_back({std::move(key), ""});
  add_chosen(all, "model", models());
  add_chosen(all, "model.mixer", mixers());
  add_chosen(all, "objective", objectives());
  add_chosen(all, "train.optimizer", optimizers());
  add_chosen(all, "train.schedule", schedules());
  add_chosen(all, "launcher", launchers());
  return all;
}

std::vector<ChoosingKey> choosing_keys() {
  return {{"model.name", models().names()},
          {"model.mixer.name", mixers().names()},
          {"objective.name", objectives().names()},
          {"train.optimizer.name", optimizers().names()},
          {"train.schedule.name", schedules().names()},
          {"launcher.name", launchers().names()},
          {"data.task", task_registry().names()}};
}

}  // namespace lx
