#include "experiment/run_config.h"

#include "base/error.h"
#include "base/hash.h"
#include "config/compose.h"
#include "config/interpolate.h"
#include "config/mistakes.h"
#include "experiment/check_config.h"

#include <algorithm>
#include <cctype>

namespace lx {
namespace {

struct ExperimentFile {
  /// "experiments/hwfa/table1.yaml" typed among the overrides: its folder becomes a group whose one option is merged at
  /// the root, so an experiment file needs no header.
  static bool is(const std::string& word) {
    return (word.ends_with(".yaml") || word.ends_with(".yml")) && word.find('=') == std::string::npos;
  }

  static void add(config::ComposeRequest& request, const std::string& word) {
    fs::path path = fs::absolute(word).lexically_normal();
    if (!fs::exists(path) && fs::path(word).is_relative()) path = (project_folder() / word).lexically_normal();
    require(fs::is_regular_file(path), "there is no experiment file {}", word);
    require(path.extension() == ".yaml", "{}: experiment files end in .yaml", word);
    const fs::path folder = path.parent_path();
    require(folder.has_parent_path() && folder != folder.root_path(), "{}: put the experiment file into a folder",
            word);
    for (const std::string& name : {folder.filename().string(), path.stem().string()}) {
      const bool plain = !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
                         std::all_of(name.begin(), name.end(),
                                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
      require(plain,
              "{}: the names of an experiment file and of its folder are letters, digits, _ and -, and begin with a "
              "letter; '{}' is not",
              word, name);
    }
    request.search_path.push_back(folder.parent_path());
    request.overrides.push_back("+" + folder.filename().string() + "@_global_=" + path.stem().string());
  }
};

}  // namespace

std::vector<fs::path> search_path(const ConfigRequest& request) {
  return request.search_path.empty() ? std::vector<fs::path>{project_folder() / "configs"} : request.search_path;
}

ResolvedRun compose_run_config(const ConfigRequest& request) {
  config::ComposeRequest compose{
      .search_path = search_path(request), .config_name = request.config_name, .overrides = {}};
  compose.mode = request.common ? config::ComposeMode::multirun : config::ComposeMode::run;
  compose.job_num = request.job_num;
  for (const std::string& word : request.overrides) {
    if (ExperimentFile::is(word))
      ExperimentFile::add(compose, word);
    else
      compose.overrides.push_back(word);
  }
  config::Composition composition = config::compose(compose);
  ResolvedRun run;
  run.composed = std::move(composition.config);
  run.hydra = std::move(composition.hydra);
  run.choices.assign(composition.choices.begin(), composition.choices.end());
  run.defaults = std::move(composition.defaults);
  run.overrides = request.overrides;
  return run;
}

ResolvedRun make_run_config(const ConfigRequest& request) {
  ResolvedRun run = compose_run_config(request);
  check_nothing_missing(run.composed);
  run.resolved = config::resolve_config(run.composition());
  run.config = read_run_config(run.resolved);
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
