#include "app/run_inspect.h"

#include "app/help.h"
#include "app/run_command.h"
#include "base/build_info.h"
#include "base/error.h"
#include "base/text.h"
#include "config/hydra_builtin.h"
#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace lx {
namespace {

using config::Node;

class RunInspection {
 public:
  RunInspection(const Arguments& arguments, const ConfigRequest& request)
      : arguments_(arguments), run_(compose_run_config(request)), compose_(compose_request(request)) {}

  int config() {
    const std::string what = *arguments_.get("cfg");
    Node whole = job();
    if (what != "job") {
      config::Map both;
      if (what == "all") both = whole.map();
      both["hydra"] = hydra();
      whole = Node(std::move(both));
    }
    const auto package = arguments_.get("package");
    if (!package) {
      fmt::print("{}", config::to_yaml(whole));
      return 0;
    }
    const bool root = package->empty() || *package == "_global_";
    const Node* part = root ? &whole : whole.find(*package);
    if (!part) fail("package '{}' not found in config{}", *package, did_you_mean(*package, whole.map().keys()));
    if (part->is_map() || part->is_list())
      fmt::print("# @package {}\n{}", root ? "_global_" : *package, config::to_yaml(*part));
    else
      fmt::print("{}\n", config::python_text(*part));
    return 0;
  }

  int info() {
    const std::string asked = arguments_.get("info")->empty() ? "all" : *arguments_.get("info");
    const auto wants = [&](const char* what) { return asked == "all" || asked == what; };
    if (wants("plugins")) print("Plugins", plugins());
    if (wants("searchpath")) print("Config search path", search_path_table());
    if (wants("defaults-tree")) print("Defaults Tree", config::defaults_info(compose_).tree);
    if (wants("defaults")) print("Defaults List", config::defaults_table(config::defaults_info(compose_)));
    if (wants("config")) print("Config", config::to_yaml(job()));
    return 0;
  }

 private:
  const Arguments& arguments_;
  ResolvedRun run_;
  config::ComposeRequest compose_;

  Node job() const { return arguments_.has("resolve") ? config::resolve_config(run_.composition()) : run_.composed; }

  Node hydra() const {
    if (!arguments_.has("resolve")) return run_.hydra;
    config::Composition composition = run_.composition();
    // The id of a run is known only when its text is at hand.
    if (Node* dir = composition.hydra.find("run.dir"); dir && dir->is_string()) {
      std::string text = dir->string();
      for (size_t at = 0; (at = text.find("${run_id:}", at)) != std::string::npos; at += 11) text.insert(at, "\\");
      *dir = Node(text);
    }
    return config::resolve(composition).hydra;
  }

  static void print(const std::string& title, const std::string& text) {
    fmt::print("\n{}\n{}\n{}", title, std::string(title.size(), '*'), text);
  }

  static std::string plugins() {
    std::string text;
    for (const char* kind : {"launcher", "sweeper"})
      text += fmt::format("{}:\n\t{}\n", kind, join(config::builtin_options(std::string("hydra/") + kind), "\n\t"));
    return text;
  }

  std::string search_path_table() const {
    const Node* sources = run_.hydra.find("runtime.config_sources");
    std::vector<std::array<std::string, 2>> rows{{"Provider", "Search path"}};
    for (const Node& source : sources->list())
      rows.push_back({source.find("provider")->string(), source.find("schema")->string() == "builtin"
                                                             ? "(built in)"
                                                             : "file://" + source.find("path")->string()});
    size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row[0].size());
    std::string text;
    for (const auto& row : rows) text += fmt::format("| {:<{}} | {}\n", row[0], width, row[1]);
    return text;
  }
};

/// Runs one thing only.
void check_one_action(const Arguments& arguments) {
  std::vector<std::string> asked;
  for (const char* flag : {"run", "multirun", "cfg", "info", "shell-completion"})
    if (arguments.has(flag)) asked.push_back(std::string("--") + flag);
  if (asked.size() > 1)
    throw UsageError(
        fmt::format("Only one of --run, --multirun, --cfg, --info and --shell-completion can be "
                    "specified, got {}",
                    join(asked, " and ")));
  if (const auto what = arguments.get("cfg"); what && *what != "job" && *what != "hydra" && *what != "all")
    throw UsageError(fmt::format("--cfg is job, hydra or all, got '{}'", *what));
  if (arguments.has("resolve") && !arguments.has("cfg") && !arguments.has("help"))
    throw UsageError("the --resolve flag goes with --cfg or --help");
  if (arguments.has("package") && !arguments.has("cfg")) throw UsageError("the --package flag goes with --cfg");
}

}  // namespace

std::vector<Flag> inspection_flags() {
  return {
      {"cfg", "c", "job|hydra|all", "print the configuration and stop"},
      {"resolve", "", "", "with --cfg or --help: references replaced by their values"},
      {"package", "p", "KEY", "with --cfg: this part only"},
      {"info", "i", "[all|config|defaults|defaults-tree|plugins|searchpath]", "print how the configuration is made"},
      {"hydra-help", "", "", "what can be set of the hydra node"},
      {"version", "", "", "print the version"}};
}

std::optional<int> inspect_run(const Arguments& arguments, const ConfigRequest& request) {
  check_one_action(arguments);
  if (arguments.has("version")) {
    fmt::print("lx {} (commit {}, {})\n", build_info::version(), build_info::commit(), build_info::state());
    return 0;
  }
  if (arguments.has("hydra-help")) {
    fmt::print("{}", hydra_help(request, flag_lines(run_command().flags)));
    return 0;
  }
  if (arguments.has("cfg")) return RunInspection(arguments, request).config();
  if (arguments.has("info")) return RunInspection(arguments, request).info();
  return std::nullopt;
}

}  // namespace lx
