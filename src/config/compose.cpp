// From a primary config and overrides to one configuration: see compose.h and docs/configuration.md.
#include "config/compose.h"

#include "base/text.h"
#include "config/apply_override.h"
#include "config/defaults_list.h"

#include <fmt/format.h>

namespace lx::config {

namespace {

// `content` moved below `package`, as a map that can be merged at the root.
Node packaged(const Node& content, const std::string& package) {
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

}  // namespace

Composition compose(const ComposeRequest& request) {
  ConfigFiles files(request.search_path);
  std::vector<Override> choices, changes;
  for (const std::string& text : request.overrides) {
    Override override = parse_override(text);
    const bool dict = override.values.size() == 1 && override.values[0].kind == Element::Kind::dict;
    if (override.is_sweep()) (void) override.value();  // refused in a single run
    (files.has_group(override.key) && !dict ? choices : changes).push_back(std::move(override));
  }

  std::string primary = request.config_name;
  if (primary.ends_with(".yaml")) primary.resize(primary.size() - 5);
  DefaultsList list = build_defaults_list(files, primary, choices);

  Composition out;
  out.config = Node(Map());
  for (const MergeStep& step : list.steps) {
    merge(out.config, packaged(files.load(step.config)->content, step.package));
    out.defaults.push_back(fmt::format("{} @ {}", step.config, step.package.empty() ? "_global_" : step.package));
  }
  const std::vector<std::string> groups = files.groups();
  for (const Override& change : changes) apply_override(out.config, change, groups);
  out.choices = std::move(list.choices);
  return out;
}

}  // namespace lx::config
