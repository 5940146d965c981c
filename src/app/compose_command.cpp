#include "app/compose_command.h"

#include "app/config_flags.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/sweep.h"

#include <cstdio>

namespace lx {
namespace {

struct ComposeWords {
  const Arguments& arguments;
  bool json = false;
  config::ComposeRequest request;

  explicit ComposeWords(const Arguments& a) : arguments(a) {
    const std::string format = a.get("format").value_or("yaml");
    if (format != "yaml" && format != "json")
      throw UsageError(fmt::format("--format is yaml or json, got '{}'", format));
    json = format == "json";
    const std::string info = a.get("info").value_or("defaults");
    if (info != "defaults" && info != "defaults-tree")
      throw UsageError(fmt::format("--info is defaults or defaults-tree, got '{}'", info));
    if (a.has("defaults")) throw UsageError("lx config compose prints the files with --info defaults");
    for (const char* flag : {"multirun", "no-resolve", "format"})
      if (a.has("info") && a.has(flag)) throw UsageError(fmt::format("--info and --{} do not go together", flag));
    const ConfigRequest given = config_request(a);
    request.search_path = given.search_path;
    request.config_name = given.config_name;
    request.overrides.assign(given.overrides.begin() + 1, given.overrides.end());
  }

  config::Node value(const config::Composition& composition) const {
    return arguments.has("no-resolve") ? composition.config : config::resolve_config(composition);
  }

  /// --multirun, or hydra.mode in the configuration.
  bool wants_multirun() const {
    const config::ComposeRequest common = common_request();
    config::Node mode;
    try {
      mode = config::resolve_hydra(config::compose(common), "mode");
    } catch (const Error&) {
      if (!arguments.has("multirun")) return false;  // composing one job says what is wrong
      throw;
    }
    const bool asked = arguments.has("multirun");
    if (asked && mode == config::Node("RUN"))
      log::warning("--multirun was given: hydra.mode=RUN of the configuration is left aside");
    return asked || mode == config::Node("MULTIRUN");
  }

  config::ComposeRequest common_request() const {
    config::ComposeRequest common = request;
    common.mode = config::ComposeMode::multirun;
    return common;
  }

  config::Node job(const config::Composition& common, const std::vector<std::string>& overrides, int64_t number) const {
    config::ComposeRequest one = request;
    one.overrides = hydra_words();
    one.overrides.insert(one.overrides.end(), overrides.begin(), overrides.end());
    one.job_num = number;
    config::List shown;
    for (const std::string& text : overrides) shown.push_back(config::Node(text));
    config::Map out;
    out["overrides"] = config::Node(std::move(shown));
    try {
      const config::Composition composition = config::compose(one);
      config::check_job_settings(common, composition);
      out["config"] = value(composition);
    } catch (const Error& error) {
      throw Error(fmt::format("job {} with overrides [{}]: {}", number, join(overrides, ", "), error.what()));
    }
    return config::Node(std::move(out));
  }

  /// What is set of the hydra node holds for every job; only the rest is swept.
  std::vector<std::string> hydra_words(bool of_hydra = true) const {
    std::vector<std::string> words;
    for (const std::string& text : request.overrides)
      if (config::is_hydra_override(text) == of_hydra) words.push_back(text);
    return words;
  }

  config::Node jobs() const {
    const config::Composition common = config::compose(common_request());
    const auto options = [&](const std::string& group) { return config::options(common.search_path, group); };
    const config::Node params = config::resolve_hydra(common, "sweeper.params");
    config::List all;
    for (const auto& overrides : config::sweep_product(config::sweep_axes(params, hydra_words(false), options)))
      all.push_back(job(common, overrides, static_cast<int64_t>(all.size())));
    return config::Node(std::move(all));
  }
};

}  // namespace

int compose_words(const Arguments& arguments) {
  const ComposeWords words(arguments);
  if (arguments.has("info")) {
    const config::DefaultsInfo info = config::defaults_info(words.request);
    fmt::print("\n{}", *arguments.get("info") == "defaults"
                           ? "Defaults List\n*************\n" + config::defaults_table(info)
                           : "Defaults Tree\n*************\n" + info.tree);
    return 0;
  }
  const config::Node out = words.wants_multirun() ? words.jobs() : words.value(config::compose(words.request));
  fmt::print("{}", words.json ? config::to_json(out, 2) + "\n" : config::to_yaml(out));
  return 0;
}

}  // namespace lx
