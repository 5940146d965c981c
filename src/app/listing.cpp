#include "app/listing.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "config/compose.h"
#include "data/commands.h"
#include "encoding/register.h"
#include "experiment/run_config.h"
#include "model/mixer.h"
#include "model/model_registry.h"
#include "task/text.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>

namespace lx {
namespace {

struct Listing {
  std::string kind, title;
  std::function<void()> print;
};

template <class Entry>
std::function<void()> registered(const Registry<Entry>& registry) {
  return [&registry] {
    size_t width = 0;
    for (const auto& [name, entry] : registry.entries()) width = std::max(width, name.size());
    for (const auto& [name, entry] : registry.entries()) fmt::print("  {:<{}}  {}\n", name, width, entry.summary);
  };
}

/// The options of a config group, each with the first comment of its file.
std::function<void()> group(const std::string& name) {
  return [name] {
    const fs::path root = project_folder() / "configs";
    size_t width = 0;
    const std::vector<std::string> all = config::options({root}, name);
    for (const std::string& option : all) width = std::max(width, option.size());
    for (const std::string& option : all) {
      std::ifstream file(root / name / (option + ".yaml"));
      std::string line, summary;
      while (std::getline(file, line) && line.starts_with("#")) {
        if (line.starts_with("# @package")) continue;
        summary = std::string(trim(line.substr(1)));
        break;
      }
      fmt::print("  {:<{}}  {}\n", option, width, summary);
    }
  };
}

const std::vector<Listing>& listings() {
  static const std::vector<Listing> all{
      {"encoding", "encoding=NAME: methods, as lists of modifiers", group("encoding")},
      {"modifier", "modifiers: what stacks and variants are made of (lx config keys MODIFIER)",
       registered(modifiers())},
      {"model", "model=NAME", group("model")},
      {"mixer", "model.mixer.name", registered(mixers())},
      {"data", "data=NAME: corpora (lx data list says more)", group("data")},
      {"train", "train=NAME", group("train")},
      {"optimizer", "train/optimizer=NAME", group("train/optimizer")},
      {"schedule", "train/schedule=NAME", group("train/schedule")},
      {"eval", "eval=NAME", group("eval")},
      {"runtime", "runtime=NAME", group("runtime")},
  };
  return all;
}

/// Settings that a `name:` chooses: where they stand and what there is.
struct NamedSection {
  std::string path;
  std::vector<std::pair<std::string, std::vector<config::KeyHelp>>> choices;
};

template <class Entry>
NamedSection named_section(const std::string& path, const Registry<Entry>& registry) {
  NamedSection section{path, {}};
  for (const auto& [name, entry] : registry.entries()) section.choices.emplace_back(name, entry.help());
  return section;
}

void print_key(const std::string& path, const config::KeyHelp& key) {
  const std::string type =
      key.type == "dict" && key.default_value.empty() ? "" : fmt::format(" ({}, {})", key.type, key.default_value);
  fmt::print("{}{}: {}\n", path, type, key.doc);
}

}  // namespace

void list_registered(const std::string& kind) {
  std::vector<std::string> kinds;
  bool found = false;
  for (const Listing& listing : listings()) {
    kinds.push_back(listing.kind);
    if (!kind.empty() && kind != listing.kind && kind != listing.kind + "s") continue;
    found = true;
    fmt::print("{}{}\n", kind.empty() && listing.kind != listings().front().kind ? "\n" : "", listing.title);
    listing.print();
  }
  if (!found)
    throw UsageError(
        fmt::format("lx list knows no '{}'{} (kinds: {})", kind, did_you_mean(kind, kinds), join(kinds, ", ")));
}

void list_keys(const std::string& prefix) {
  bool any = false;
  const auto show = [&](const std::string& path, const config::KeyHelp& key) {
    if (!path.starts_with(prefix)) return;
    any = true;
    print_key(path, key);
  };
  for (const config::KeyHelp& key : config::help<RunConfig>()) show(key.path, key);
  for (const config::KeyHelp& key : config::help<TextConfig>("data")) show(key.path, key);
  for (const NamedSection& section :
       {named_section("model", models()), named_section("model.mixer", mixers()),
        named_section("train.optimizer", optimizers()), named_section("train.schedule", schedules())}) {
    for (const auto& [name, keys] : section.choices) {
      for (const config::KeyHelp& key : keys) {
        config::KeyHelp with_name = key;
        with_name.doc += fmt::format(" [{}]", name);
        show(section.path + "." + key.path, with_name);
      }
    }
  }
  for (const auto& [name, entry] : modifiers().entries()) {
    if (prefix.empty() || !name.starts_with(prefix)) continue;  // modifiers stand in lists: asked for by their own name
    any = true;
    fmt::print("{}: {}\n", name, entry.summary);
    for (const config::KeyHelp& key : entry.help()) print_key(name + "." + key.path, key);
  }
  require(any, "no key starts with '{}'", prefix);
}

}  // namespace lx
