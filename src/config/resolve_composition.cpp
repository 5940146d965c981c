// The configuration and the hydra node resolved together: see compose.h.
#include "config/compose.h"
#include "config/hydra_check.h"
#include "config/interpolate.h"
#include "config/interpolator.h"

namespace lx::config {

namespace {

// One tree of both, as the files that were merged saw it.
Node whole_tree(const Composition& composition) {
  Node root = composition.config;
  root.map()["hydra"] = composition.hydra;
  return root;
}

const NamedNodes kNoNames;

}  // namespace

Node resolve_config(const Composition& composition) {
  const Node root = whole_tree(composition);
  return Interpolator(root, kNoNames, true).without_hydra();
}

Node resolve_hydra(const Composition& composition, const std::string& key) {
  return resolve_part(whole_tree(composition), "hydra." + key);
}

ResolvedComposition resolve(const Composition& composition) {
  const Node root = whole_tree(composition);
  Interpolator interpolator(root, kNoNames, true);
  ResolvedComposition out{interpolator.without_hydra(), Node(Map())};
  // What was typed stays as it was typed, also where it holds a reference.
  for (const auto& [key, item] : composition.hydra.map())
    out.hydra.map()[key] = key == "overrides" ? item : interpolator.part({"hydra", key});
  std::map<std::string, Node> choices;
  for (const auto& [group, option] : out.hydra.find("runtime.choices")->map()) choices[group] = option;
  check_hydra(out.hydra, choices, "");
  return out;
}

}  // namespace lx::config
