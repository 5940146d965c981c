#include "experiment/run_config.h"

#include "base/error.h"
#include "base/hash.h"
#include "config/compose.h"
#include "config/experiment_file.h"
#include "config/interpolate.h"
#include "config/mistakes.h"
#include "experiment/check_config.h"
#include "experiment/match.h"
#include "experiment/output_pattern.h"
#include "experiment/run_settings.h"

namespace lx {

std::vector<fs::path> search_path(const ConfigRequest& request) {
  return request.search_path.empty() ? std::vector<fs::path>{project_folder() / "configs"} : request.search_path;
}

config::ComposeRequest compose_request(const ConfigRequest& request) {
  config::ComposeRequest compose{
      .search_path = search_path(request), .config_name = request.config_name, .overrides = {}};
  compose.mode = request.common ? config::ComposeMode::multirun : config::ComposeMode::run;
  compose.job_num = request.job_num;
  for (const std::string& word : request.overrides) {
    if (config::is_experiment_file(word))
      config::add_experiment_file(compose, word);
    else
      compose.overrides.push_back(word);
  }
  return compose;
}

ResolvedRun compose_run_config(const ConfigRequest& request) {
  config::Composition composition = config::compose(compose_request(request));
  ResolvedRun run;
  run.composed = std::move(composition.config);
  run.hydra = std::move(composition.hydra);
  use_own_patterns(run.hydra);
  run.choices.assign(composition.choices.begin(), composition.choices.end());
  run.defaults = std::move(composition.defaults);
  run.overrides = request.overrides;
  return run;
}

ResolvedRun make_run_config(const ConfigRequest& request) {
  ResolvedRun run = compose_run_config(request);
  check_nothing_missing(run.composed);
  if (!request.common) fill_output_directory(run);
  run.resolved = config::resolve_config(run.composition());
  run.config = read_run_config(run.resolved);
  settle_match(run, request);
  (void)run_settings(run);  // refuses what a run cannot honour
  // Who runs it, and beside which others, is not part of what is run.
  for (const char* key : {"launcher", "sweep"}) run.resolved.map().erase(key);
  return run;
}

RunConfig read_run_config(const config::Node& resolved) {
  RunConfig run;
  config::Mistakes mistakes;
  mistakes.attempt([&] { run = config::read<RunConfig>(resolved); });
  mistakes.attempt([&] { check_sections(resolved); });
  mistakes.tell();
  mistakes.attempt([&] { check(run.train); });
  mistakes.attempt([&] { check(run.eval, run.length); });
  mistakes.tell();
  return run;
}

std::string run_id(const config::Node& resolved, const std::string& data_hash) {
  config::Node relevant = resolved;
  // What cannot change a number: where results go, what things are called, how often something is reported or saved.
  config::Map& map = relevant.map();
  for (const char* key : {"output", "experiment"}) map.erase(key);
  if (config::Node* data = map.find("data"); data && data->is_map()) {
    for (const char* key : {"name", "summary", "licence", "path"}) data->map().erase(key);
  }
  if (config::Node* train = map.find("train"); train && train->is_map()) {
    for (const char* key : {"checkpoint", "log_every"}) train->map().erase(key);
  }
  return hash_hex(config::hash(relevant) + data_hash).substr(0, 16);
}

}  // namespace lx
