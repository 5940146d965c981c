// Any finished runs as a sweep: axes are found from what differs in their configurations.
#include "base/error.h"
#include "base/hash.h"
#include "config/yaml.h"
#include "eval/by_document.h"
#include "result/store.h"
#include "sweep/collect.h"

#include <algorithm>
#include <map>
#include <set>

namespace lx {
namespace {

struct RunComparison {
  struct Run {
    fs::path file;
    RunRecord record;
    config::Node config;
    std::map<std::string, std::string> choices;
    std::map<std::string, config::Node> leaves;  // dotted key -> value; lists are values
  };
  std::vector<Run> runs{};
  std::vector<std::string> order{};  // all leaves, as first met

  // What cannot change a number, as in the names of runs.
  static bool without_meaning(const std::string& key) {
    for (const char* prefix : {"output", "experiment", "train.checkpoint", "train.log_every", "data.name",
                               "data.summary", "data.licence", "data.path"}) {
      const std::string whole(prefix);
      if (key == whole || key.starts_with(whole + ".")) return true;
    }
    return false;
  }

  void flatten(Run& run, const config::Node& node, const std::string& path) {
    if (node.is_map() && !node.map().empty()) {
      for (const auto& [key, value] : node.map()) flatten(run, value, path.empty() ? key : path + "." + key);
      return;
    }
    if (without_meaning(path)) return;
    run.leaves[path] = node;
    if (std::find(order.begin(), order.end(), path) == order.end()) order.push_back(path);
  }

  void add(const std::string& word) {
    const RunFolder folder = find_run(word);
    require(fs::exists(folder.results()), "the run {} is not finished: it has no run.h5", shown(folder.path));
    Run run{folder.results(), read_run(folder.results(), PerToken::skip), {}, {}, {}};
    run.config = config::parse_yaml(run.record.config_yaml, shown(run.file));
    const auto same = [&](const Run& other) { return other.record.run_id == run.record.run_id; };
    if (std::any_of(runs.begin(), runs.end(), same)) return;
    for (const auto& [group, option] : run.record.choices) run.choices[group] = option;
    flatten(run, run.config, "");
    runs.push_back(std::move(run));
  }

  template <class Get>
  bool differs(const Get& get) const {
    return std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return get(run) != get(runs.front()); });
  }

  static std::string leaf(const Run& run, const std::string& key) {
    const auto at = run.leaves.find(key);
    return at == run.leaves.end() ? "" : to_json(at->second);
  }
  static std::string choice(const Run& run, const std::string& group) {
    const auto at = run.choices.find(group);
    return at == run.choices.end() ? "" : at->second;
  }

  // Where a group's settings stand: "train/optimizer" and "model@train.optimizer" at train.optimizer.
  static std::string place(const std::string& group) {
    std::string path = group.substr(group.find('@') == std::string::npos ? 0 : group.find('@') + 1);
    std::replace(path.begin(), path.end(), '/', '.');
    return path;
  }

  // Does the option of each run say what it has at `key`?
  bool follows(const std::string& key, const std::string& group) const {
    if (key != place(group) && !key.starts_with(place(group) + ".")) return false;
    std::map<std::string, std::string> known;
    return std::all_of(runs.begin(), runs.end(), [&](const Run& run) {
      const auto [at, fresh] = known.emplace(choice(run, group), leaf(run, key));
      return fresh || at->second == leaf(run, key);
    });
  }

  std::vector<std::string> differing_groups() const {
    std::set<std::string> groups;
    for (const Run& run : runs) {
      for (const auto& [group, option] : run.choices) groups.insert(group);
    }
    std::vector<std::string> out;
    for (const std::string& group : groups) {
      const bool settings = place(group) != "_global_" && std::any_of(order.begin(), order.end(), [&](const auto& key) {
                              return differs([&](const Run& run) { return leaf(run, key); }) && follows(key, group);
                            });
      if (settings && differs([&](const Run& run) { return choice(run, group); })) out.push_back(group);
    }
    return out;
  }

  std::vector<SweepCell> cells() const {
    const std::vector<std::string> groups = differing_groups();
    std::vector<std::string> keys;
    for (const std::string& key : order) {
      const auto said = [&](const std::string& group) { return follows(key, group); };
      if (key != "seed" && differs([&](const Run& run) { return leaf(run, key); }) &&
          std::none_of(groups.begin(), groups.end(), said))
        keys.push_back(key);
    }
    // What follows from the trained length is a coordinate along it, and not the other way round.
    std::stable_partition(keys.begin(), keys.end(), [](const std::string& key) { return key == "length"; });
    std::vector<SweepCell> out;
    for (const Run& run : runs) {
      SweepCell cell;
      cell.number = static_cast<int64_t>(out.size());
      for (const std::string& group : groups) cell.coordinates.emplace_back(group, choice(run, group));
      for (const std::string& key : keys) {
        if (const auto at = run.leaves.find(key); at != run.leaves.end())
          cell.coordinates.emplace_back(key, at->second);
      }
      for (const auto& [key, value] : cell.coordinates) cell.overrides.push_back(key + "=" + to_json(value));
      if (const config::Node* seed = run.config.find("seed")) cell.seed = seed->integer();
      cell.state = SweptState::done;
      cell.run_file = run.file;
      cell.run_id = run.record.run_id;
      out.push_back(std::move(cell));
    }
    return out;
  }
};

}  // namespace

std::vector<SweepCell> swept_runs(const std::vector<std::string>& words) {
  RunComparison comparison;
  for (const std::string& word : words) comparison.add(word);
  return comparison.cells();
}

CollectOutcome collect_runs(const std::vector<std::string>& words, const CollectRequest& request) {
  RunComparison comparison;
  for (const std::string& word : words) comparison.add(word);
  std::vector<const config::Node*> configs;
  std::string ids;
  for (const RunComparison::Run& run : comparison.runs) {
    configs.push_back(&run.config);
    ids += run.record.run_id;
  }
  const fs::path output = request.output.empty() ? fs::path("sweep.h5") : request.output;
  const SweepDescription sweep{hash_hex(ids).substr(0, 12), comparison.runs.front().record.experiment,
                               shared_settings(configs), "", fs::absolute(output).parent_path()};
  return collect_sweep(sweep, comparison.cells(),
                       {output, request.flat, request.documents ? PerDocument(means_by_document) : PerDocument()});
}

}  // namespace lx
