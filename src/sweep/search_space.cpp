#include "sweep/search_space.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "config/scalar.h"
#include "sweep/launcher_choice.h"
#include "sweep/search_axis.h"

#include <algorithm>
#include <utility>

namespace lx {
namespace {

struct SearchSpaceReader {
  const ConfigRequest& request;
  SearchSpace space;

  /// The option of hydra/sweeper, and with it the settings.
  bool read_settings() {
    ConfigRequest whole = request;
    whole.common = true;
    const config::Composition composed = compose_run_config(whole).composition();
    const config::Node chosen = config::resolve_hydra(composed, "runtime.choices");
    const config::Node* sweeper = chosen.map().find("hydra/sweeper");
    if (!sweeper || *sweeper == config::Node("basic")) return false;
    space.sweeper = config::python_text(*sweeper);
    require(space.sweeper == "random" || space.sweeper == "quasi_random" || space.sweeper == "halving",
            "hydra/sweeper={}: lx has the sweepers basic, random, quasi_random and halving", space.sweeper);
    space.config = config::read<SearchConfig>(config::resolve_hydra(composed, "sweeper"), "hydra.sweeper");
    if (space.sweeper == "quasi_random") space.config.sampler = SearchSampler::quasi_random;
    return true;
  }

  void read_axes() {
    space.axes = typed_axes(request, space.common.files);
    ConfigRequest middle = request;
    middle.overrides = space.common.files;
    std::vector<std::string> searched;
    for (const config::SweepAxis& axis : space.axes) {
      if (axis.is_sweep()) {
        check_search_axis(axis);
        searched.push_back(plain(axis.key));
      }
      middle.overrides.push_back(axis.text(value_at(axis, 0.5)));
    }
    require(!searched.empty(),
            "hydra/sweeper={} has nothing to search: give it KEY=interval(LOW,HIGH), a range or a choice, in "
            "hydra.sweeper.params or as an override",
            space.sweeper);
    space.common.base = make_run_config(middle);
    require(read_sweep_block(space.common.base.config.sweep).empty(),
            "the section `sweep` lists the cells of a grid, and hydra/sweeper={} draws its own: put what is searched "
            "into hydra.sweeper.params",
            space.sweeper);
    const auto seed = static_cast<uint64_t>(space.config.seed);
    space.sampler = space.config.sampler == SearchSampler::random ? random_sampler(seed, searched)
                                                                  : halton_sampler(seed, searched.size());
    space.plan.keys = std::move(searched);
  }

  void read_rungs() {
    const SearchConfig& config = space.config;
    if (space.sweeper != "halving") {
      space.rungs = {{config.n_trials, {}}};
      return;
    }
    const auto typed = std::find_if(space.axes.begin(), space.axes.end(),
                                    [&](const auto& axis) { return plain(axis.key) == config.resource; });
    if (typed != space.axes.end() && typed->is_sweep())
      config::fail_at(typed->place, fmt::format("{} is what hydra/sweeper=halving gives its trials more and more of; "
                                                "it cannot be searched, too",
                                                config.resource));
    if (typed != space.axes.end() && config.min_resource)
      config::fail_at(typed->place, fmt::format("{} is set, and hydra.sweeper.min_resource={} says it otherwise: "
                                                "leave one of them out",
                                                config.resource, *config.min_resource));
    const config::Node* full = space.common.base.resolved.find(config.resource);
    const bool whole = full && full->kind() == config::Node::Kind::integer && full->integer() > 0;
    require(full != nullptr, "hydra.sweeper.resource={}: the configuration has no such key", config.resource);
    require(whole || config.min_resource,
            "hydra.sweeper.resource={}: it is '{}' in the configuration; give hydra.sweeper.min_resource, the budget "
            "of the first rung",
            config.resource, config::python_text(*full));
    space.rungs =
        halving_rungs(config.n_trials, config.eta, config.min_resource, whole ? full->integer() : 0, config.resource);
    space.plan.keys.push_back(config.resource);
  }

  void refuse_launchers_that_leave() const {
    const config::Node* wait = space.common.base.config.launcher.find("wait");
    require(!wait || *wait != config::Node(false),
            "a search waits for its trials and then judges them: launcher.wait=true");
  }

  /// The id of all that the search will come to: cells, and which of them is best.
  std::string definition() const {
    config::Map all;
    config::Node settings = config::dump(space.config);
    for (const char* key : {"n_jobs", "max_failure_rate", "params"}) settings.map().erase(key);
    all["sweeper"] = space.sweeper;
    all["settings"] = std::move(settings);
    config::List axes;  // what is fixed is in the base
    for (const config::SweepAxis& axis : space.axes) {
      if (!axis.is_sweep()) continue;
      config::List words{axis.key};
      for (const std::string& value : axis.values) words.emplace_back(value);
      if (axis.interval) {
        words.emplace_back(axis.interval->low);
        words.emplace_back(axis.interval->high);
        words.emplace_back(axis.interval->integer);
      }
      for (const std::string& tag : axis.tags) words.emplace_back(tag);
      axes.emplace_back(std::move(words));
    }
    all["axes"] = config::Node(std::move(axes));
    const ResolvedRun& base = space.common.base;
    all["base"] = run_id(base.resolved, "");
    if (base.config.runtime.threads == 0) all["threads"] = launcher_of(base)->threads();
    return hash_hex(config::to_json(config::Node(std::move(all)))).substr(0, 12);
  }

  void identify() {
    space.plan.grows = true;
    space.plan.base = space.common.base;
    space.plan.id = definition();
  }

  static std::string plain(const std::string& key) {
    return key.substr(std::min(key.find_first_not_of('+'), key.size()));
  }
};

}  // namespace

Point SearchSpace::point(int64_t trial, const SearchRung& rung) const {
  const std::vector<double> shares = sampler->point(trial);
  Point point;
  size_t at = 0;
  for (const config::SweepAxis& axis : axes)
    point.push_back(setting_of(axis, axis.is_sweep() ? value_at(axis, shares[at++]) : axis.values.front()));
  if (!rung.resource) return point;
  config::SweepAxis budget;
  budget.key = config.resource;
  return laid_over(std::move(point), {setting_of(budget, std::to_string(*rung.resource))});
}

std::optional<SearchSpace> read_search_space(const ConfigRequest& request) {
  SearchSpaceReader reader{request, {}};
  if (!reader.read_settings()) return std::nullopt;
  reader.read_axes();
  reader.read_rungs();
  reader.refuse_launchers_that_leave();
  reader.identify();
  return std::move(reader.space);
}

}  // namespace lx
