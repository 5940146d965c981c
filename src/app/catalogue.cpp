#include "app/catalogue.h"

#include "base/files.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/file_header.h"
#include "encoding/register.h"
#include "experiment/run_config.h"
#include "model/mixer.h"
#include "model/model_registry.h"
#include "sweep/launcher.h"
#include "task/objective.h"
#include "task/registry.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#include <utility>

namespace lx {
namespace {

using CatalogueEntries = std::function<std::vector<CatalogueEntry>()>;

/// What registered itself; `choose` goes before the name, `end` behind it.
template <class Entry>
CatalogueEntries registered(const Registry<Entry>& registry, const std::string& choose, const std::string& end = "") {
  return [&registry, choose, end] {
    std::vector<CatalogueEntry> all;
    for (const auto& [name, entry] : registry.entries()) {
      CatalogueEntry one{name, entry.summary, entry.source, choose + name + end, "", {}};
      if (entry.help) one.fields = entry.help();
      if constexpr (std::is_same_v<Entry, ModifierEntry>) one.method = [name = name] { return mechanism(name); };
      all.push_back(std::move(one));
    }
    return all;
  };
}

/// The options of a config group, as the comments of their files describe them.
CatalogueEntries group(const std::string& name) {
  return [name] {
    const fs::path root = project_folder() / "configs";
    std::vector<CatalogueEntry> all;
    for (const std::string& option : config::options({root}, name)) {
      const fs::path file = root / name / (option + ".yaml");
      const config::FileHeader header = config::read_header(file);
      CatalogueEntry one{
          option, header.summary, header.source, name + "=" + option, fs::relative(file, project_folder()).string(),
          {}};
      if (name == "encoding") one.method = [option] { return ready_method({}, option); };
      all.push_back(std::move(one));
    }
    return all;
  };
}

/// A list of modifiers as a person writes it: [rope, {rerope: {window: 64}}].
std::string flow(const config::Node& node) {
  std::vector<std::string> parts;
  if (node.is_list()) {
    for (const config::Node& item : node.list()) parts.push_back(flow(item));
    return "[" + join(parts, ", ") + "]";
  }
  if (node.is_map()) {
    for (const auto& [key, value] : node.map()) parts.push_back(key + ": " + flow(value));
    return "{" + join(parts, ", ") + "}";
  }
  return node.is_string() ? node.string() : config::to_json(node);
}

/// The variants of every evaluation, as they are for the default configuration.
std::vector<CatalogueEntry> variants() {
  std::vector<CatalogueEntry> all;
  for (const std::string& option : config::options({project_folder() / "configs"}, "eval")) {
    const RunConfig run = make_run_config({.overrides = {"eval=" + option}}).config;
    for (const auto& [name, modifiers] : run.eval.variants.map())
      all.push_back({name, flow(modifiers), "", "eval=" + option, "", {}});
  }
  return all;
}

}  // namespace

const std::vector<CatalogueSection>& catalogue() {
  static const std::vector<CatalogueSection> all{
      {"encoding", "encoding=NAME: methods, as lists of modifiers (lx list methods says where each acts)",
       group("encoding")},
      {"modifier", "modifiers: what stacks and variants are made of",
       registered(modifiers(), "encoding.stack=[..., ", "]")},
      {"model", "model=NAME: ready models", group("model")},
      {"model", "model.name: what models there are", registered(models(), "model.name=")},
      {"mixer", "model.mixer.name: what mixes tokens", registered(mixers(), "model.mixer.name=")},
      {"objective", "objective=NAME: what a model is asked for", group("objective")},
      {"objective", "objective.name", registered(objectives(), "objective.name=")},
      {"task", "data.task: what is asked of a model", registered(task_registry(), "data.task=")},
      {"data", "data=NAME: corpora (lx data list says more)", group("data")},
      {"train", "train=NAME", group("train")},
      {"optimizer", "train/optimizer=NAME: ready settings", group("train/optimizer")},
      {"optimizer", "train.optimizer.name", registered(optimizers(), "train.optimizer.name=")},
      {"schedule", "train/schedule=NAME: ready settings", group("train/schedule")},
      {"schedule", "train.schedule.name", registered(schedules(), "train.schedule.name=")},
      {"eval", "eval=NAME", group("eval")},
      {"variant",
       "eval.variants: what each evaluation tries on trained weights, by the numbers of the default configuration",
       variants},
      {"runtime", "runtime=NAME", group("runtime")},
      {"launcher", "launcher=NAME: what runs the cells of a sweep (lx run -m)", group("launcher")},
      {"launcher", "launcher.name", registered(launchers(), "launcher.name=")},
  };
  return all;
}

}  // namespace lx
