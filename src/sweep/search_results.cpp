#include "sweep/search_results.h"

#include "base/text.h"
#include "config/scalar.h"
#include "report/table.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace lx {
namespace {

struct TrialText {
  static std::string value(const config::Node& node) {
    return node.is_list() || node.is_map() ? config::to_json(node) : config::python_text(node);
  }

  static const config::Node* coordinate(const SearchTrial& trial, const std::string& key) {
    for (const auto& [name, value] : trial.cell.coordinates)
      if (name == key) return &value;
    return nullptr;
  }

  static std::string coordinate_text(const SearchTrial& trial, const std::string& key) {
    const config::Node* found = coordinate(trial, key);
    return found ? value(*found) : "";
  }

  /// RFC 4180.
  static std::string csv(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
  }

  static std::string csv_line(std::vector<std::string> words) {
    for (std::string& word : words) word = csv(word);
    return join(words, ",") + "\n";
  }
};

}  // namespace

void sort_trials(std::vector<SearchTrial>& trials, SearchDirection direction) {
  const double sign = direction == SearchDirection::minimize ? 1 : -1;
  const auto rank = [&](const SearchTrial& trial) {
    return std::tuple(!trial.value, -static_cast<int64_t>(trial.rung), sign * trial.value.value_or(0), trial.number);
  };
  std::sort(trials.begin(), trials.end(),
            [&](const SearchTrial& a, const SearchTrial& b) { return rank(a) < rank(b); });
}

int64_t failed_trials(const std::vector<SearchTrial>& trials) {
  return std::count_if(trials.begin(), trials.end(), [](const SearchTrial& trial) { return !trial.value; });
}

std::string trials_table(const SearchSpace& space, std::vector<SearchTrial> trials) {
  sort_trials(trials, space.config.direction);
  std::vector<std::string> header{"trial"};
  header.insert(header.end(), space.plan.keys.begin(), space.plan.keys.end());
  const size_t left = header.size();
  header.emplace_back(config::enum_name(space.config.objective.value));
  header.emplace_back("run");
  Table table(header, left);
  std::set<int64_t> seen, failed;
  for (const SearchTrial& trial : trials)
    if (!trial.value) failed.insert(trial.number);
  for (const SearchTrial& trial : trials) {
    // One that failed on a higher rung stands with the failed ones.
    if ((trial.value && failed.contains(trial.number)) || !seen.insert(trial.number).second) continue;
    std::vector<std::string> row{std::to_string(trial.number)};
    for (const std::string& key : space.plan.keys) row.push_back(TrialText::coordinate_text(trial, key));
    row.push_back(trial.value ? fmt::format("{:.6g}", *trial.value) : "failed");
    row.push_back(trial.cell.id.substr(0, 8));
    table.row(std::move(row));
  }
  return table.text();
}

std::string trials_csv(const SearchSpace& space, const std::vector<SearchTrial>& trials) {
  std::vector<std::string> header{"trial", "rung", "cell", "run"};
  header.insert(header.end(), space.plan.keys.begin(), space.plan.keys.end());
  for (const char* name : {"value", "state", "reason"}) header.emplace_back(name);
  std::string out = TrialText::csv_line(header);
  for (const SearchTrial& trial : trials) {
    std::vector<std::string> row{std::to_string(trial.number), std::to_string(trial.rung),
                                 std::to_string(trial.cell.number), trial.cell.id};
    for (const std::string& key : space.plan.keys) row.push_back(TrialText::coordinate_text(trial, key));
    row.push_back(trial.value ? format_double(*trial.value) : "");
    row.push_back(trial.value ? "done" : "failed");
    row.push_back(trial.problem);
    out += TrialText::csv_line(std::move(row));
  }
  return out;
}

std::string optimization_results(const SearchSpace& space, std::vector<SearchTrial> trials) {
  const int64_t failed = failed_trials(trials);
  sort_trials(trials, space.config.direction);
  const SearchTrial& best = trials.front();
  config::Map out, parameters;
  for (const auto& [key, value] : best.cell.coordinates)
    if (!space.rungs[best.rung].resource || key != space.config.resource) parameters[key] = value;
  out["name"] = space.sweeper;
  out["best_params"] = std::move(parameters);
  out["best_value"] = *best.value;
  out["best_trial"] = best.number;
  out["best_run"] = best.cell.id;
  if (space.rungs[best.rung].resource) {
    config::Map budget;
    budget[space.config.resource] = *space.rungs[best.rung].resource;
    out["budget"] = std::move(budget);
  }
  out["direction"] = std::string(config::enum_name(space.config.direction));
  out["objective"] = config::dump(space.config.objective);
  out["n_trials"] = space.config.n_trials;
  out["n_failed"] = failed;
  out["seed"] = space.config.seed;
  return config::to_yaml(config::Node(std::move(out)));
}

}  // namespace lx
