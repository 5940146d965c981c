// From a primary config and overrides to one configuration: see compose.h and docs/configuration.md.
#include "config/compose.h"

#include "base/text.h"
#include "config/apply_override.h"
#include "config/composer.h"
#include "config/hydra_builtin.h"
#include "config/hydra_check.h"
#include "config/hydra_node.h"
#include "config/merge_configs.h"

#include <fmt/format.h>

namespace lx::config {

namespace {

struct Merging {
  // `content` moved below `package`, as a map that can be merged at the root.
  static Node packaged(const Node& content, const std::string& package) {
    if (package.empty()) return content;
    Node node = content;
    const std::vector<std::string> keys = split(package, '.');
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
      Map outer;
      const Place place = node.place;
      outer[*key] = std::move(node);
      outer.set_key_place(*key, place);
      node = Node(std::move(outer));
      node.place = place;
    }
    return node;
  }

  Composer& composer;
  const DefaultsList& defaults;
  Node root{Map()};

  void merge_step(const MergeStep& step) {
    const Node content = packaged(composer.files.load(step.config)->content, step.package);
    const Node* searchpath = content.find("hydra.searchpath");
    if (searchpath && !searchpath->is_null() && step.config != composer.primary && step.config != "hydra/config")
      fail_at(
          searchpath->place,
          fmt::format("In '{}': Overriding hydra.searchpath is only supported from the primary config", step.config));
    const std::string context = fmt::format("In '{}': ", step.config);
    const bool builtin = builtin_config(step.config) != nullptr;
    if (builtin && step.config.starts_with("hydra/env/")) return;  // empty, and the hydra node has no such key
    merge_configs(root, content, context);
    if (content.find("hydra") && !builtin) check_hydra(*root.find("hydra"), defaults.choices, context);
  }

  void apply_values() {
    const std::vector<std::string> groups = composer.files.groups();
    for (const Override& change : defaults.value_overrides) {
      check_hydra_deletion(change);
      apply_override(root, change, groups);
      if (change.key == "hydra" || is_hydra_override(change))
        check_hydra(*root.find("hydra"), defaults.choices, "Error merging override " + change.text + "\n");
    }
  }

  static std::string shown_choice(const Node& option) {
    if (option.is_null()) return "null";
    if (option.is_string()) return option.string();
    std::vector<std::string> names;
    for (const Node& name : option.list()) names.push_back(name.string());
    return "[" + join(names, ", ") + "]";
  }
};

}  // namespace

Composer::Composer(const ComposeRequest& r) : request(r), files(r.search_path), primary(r.config_name) {
  for (const std::string& text : request.overrides) overrides.push_back(parse_override(text));
  if (primary.ends_with(".yaml")) primary.resize(primary.size() - 5);
  files.add_folders(hydra_searchpath(files, primary, overrides));
  for (const Override& override : overrides) {
    if (!override.is_sweep()) continue;
    if (request.mode == ComposeMode::run) (void) override.value();  // says that it needs --multirun
    if (is_hydra_override(override))
      fail_at(override.place,
              fmt::format("Sweeping over Hydra's configuration is not supported : '{}'", override.text));
  }
}

DefaultsList Composer::list() {
  return build_defaults_list(files, primary, overrides, request.mode == ComposeMode::multirun);
}

Composition compose(const ComposeRequest& request) {
  Composer composer(request);
  const DefaultsList defaults = composer.list();
  Merging merging{composer, defaults};
  Composition out;
  for (const MergeStep& step : defaults.steps) {
    merging.merge_step(step);
    if (builtin_config(step.config)) continue;
    out.defaults.push_back(fmt::format("{} @ {}", step.config, step.package.empty() ? "_global_" : step.package));
  }
  merging.apply_values();
  fill_hydra(merging.root, request, composer.primary, composer.overrides, defaults.choices,
             composer.files.search_path());
  out.hydra = std::move(*merging.root.find("hydra"));
  merging.root.map().erase("hydra");
  out.config = std::move(merging.root);
  out.search_path = composer.files.search_path();
  for (const auto& [group, option] : defaults.choices)
    if (!group.starts_with("hydra/")) out.choices[group] = Merging::shown_choice(option);
  return out;
}

}  // namespace lx::config
