#include "experiment/run_settings.h"

#include "base/error.h"
#include "base/log_levels.h"
#include "base/text.h"
#include "config/fields.h"
#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

namespace lx {
namespace {

class HydraSettings {
 public:
  explicit HydraSettings(const ResolvedRun& run) : hydra_(run.hydra), composition_(run.composition()) {}

  RunSettings read() {
    RunSettings settings;
    refuse_unmeant();
    if (const config::Node* name = hydra_.find("output_subdir")) {
      const config::Node value = resolved("output_subdir");
      settings.subfolder = value.is_null() ? std::nullopt : std::optional(value.string());
      if (settings.subfolder && (settings.subfolder->empty() || settings.subfolder->find('/') != std::string::npos))
        refuse(*name, "hydra.output_subdir is the name of one folder, or null");
    }
    environment(settings);
    logging(settings);
    verbose(settings);
    return settings;
  }

 private:
  const config::Node& hydra_;
  config::Composition composition_;

  config::Node resolved(const std::string& key) const { return config::resolve_hydra(composition_, key); }
  [[noreturn]] static void refuse(const config::Node& node, const std::string& why) {
    config::fail_at(node.place, why);
  }

  void refuse_unmeant() const {
    if (const config::Node* chdir = hydra_.find("job.chdir"); chdir && !chdir->is_null()) {
      const config::Node value = resolved("job.chdir");
      if (config::detail::to_bool(value, "hydra.job.chdir"))
        refuse(*chdir,
               "hydra.job.chdir=true: lx stays in the folder where it was started, so that paths of a configuration "
               "mean the same in every run; what a run writes goes into its folder anyway");
    }
    const config::Node* callbacks = hydra_.find("callbacks");
    if (callbacks && callbacks->is_map() && !callbacks->map().empty())
      refuse(*callbacks, fmt::format("hydra.callbacks: lx calls no Python, so '{}' cannot be honoured",
                                     callbacks->map().begin()->first));
  }

  void environment(RunSettings& settings) const {
    const config::Node* node = hydra_.find("job.env_set");
    if (!node || !node->is_map() || node->map().empty()) return;
    const config::Node values = resolved("job.env_set");
    for (const auto& [name, value] : values.map()) {
      const config::Node* written = node->map().find(name);
      const std::string key = "hydra.job.env_set." + name;
      for (const char* early : {"OMP_", "MKL_", "OPENBLAS_", "LD_", "KMP_", "GOMP_"}) {
        if (name.starts_with(early) && !std::getenv(name.c_str()))
          refuse(written ? *written : value,
                 fmt::format("{}: {} is read when the program starts; set it in the shell{}", key, name,
                             name == "OMP_NUM_THREADS" ? ", or set runtime.threads" : ""));
      }
      settings.environment[name] = config::detail::to_string(value, key);
    }
  }

  static log::Level level(const config::Node& node, const std::string& path) {
    static const std::array<std::pair<const char*, log::Level>, 7> kLevels{{{"DEBUG", log::Level::debug},
                                                                            {"INFO", log::Level::info},
                                                                            {"WARN", log::Level::warning},
                                                                            {"WARNING", log::Level::warning},
                                                                            {"ERROR", log::Level::error},
                                                                            {"CRITICAL", log::Level::error},
                                                                            {"NOTSET", log::Level::debug}}};
    std::vector<std::string> known;
    for (const auto& [name, value] : kLevels) {
      known.emplace_back(name);
      if (node.is_string() && node.string() == name) return value;
    }
    config::detail::unknown_enum(node, path, known);
  }

  void logging(RunSettings& settings) const {
    const config::Node* section = hydra_.find("job_logging");
    if (!section || section->is_missing() || section->is_null()) return;
    const config::Node logging = resolved("job_logging");
    for (const auto& [key, value] : logging.map())
      if (key != "root")
        config::fail_at(logging.map().key_place(key),
                        fmt::format("hydra.job_logging.{}: lx has one logger and one line format; root.level and "
                                    "root.handlers (console, file) can be set",
                                    key));
    const config::Node* root = logging.map().find("root");
    if (!root) return;
    if (root->is_null()) {  // hydra/job_logging=none: nobody set anything up; warnings still show, as in Python
      settings.terminal = log::Level::warning;
      settings.file.reset();
      return;
    }
    if (!root->is_map()) config::detail::wrong_kind(*root, "hydra.job_logging.root", "dict");
    settings.terminal.reset();
    settings.file.reset();
    log::Level least = log::Level::info;
    for (const auto& [key, value] : root->map()) {
      const std::string path = "hydra.job_logging.root." + key;
      if (key == "level")
        least = level(value, path);
      else if (key != "handlers")
        config::detail::unknown_key(root->map().key_place(key), "hydra.job_logging.root", key, {"level", "handlers"});
    }
    if (const config::Node* handlers = root->map().find("handlers")) handle(*handlers, least, settings);
  }

  static void handle(const config::Node& handlers, log::Level least, RunSettings& settings) {
    const std::string path = "hydra.job_logging.root.handlers";
    if (!handlers.is_list()) config::detail::wrong_kind(handlers, path, "list");
    for (const config::Node& handler : handlers.list()) {
      if (handler == config::Node("console"))
        settings.terminal = least;
      else if (handler == config::Node("file"))
        settings.file = least == log::Level::info ? log::Level::debug : least;  // the file is no place to save lines
      else
        config::detail::unknown_enum(handler, path, {"console", "file"});
    }
  }

  /// true, a name, or names: lx has one logger, `lx`.
  void verbose(RunSettings& settings) const {
    const config::Node* written = hydra_.find("verbose");
    if (!written || written->is_null()) return;
    const config::Node value = resolved("verbose");
    if (value == config::Node(false)) return;
    const config::List names = value.is_list() ? value.list() : config::List{value};
    for (const config::Node& name : names) {
      const bool known = name == config::Node(true) || name == config::Node("lx") || name == config::Node("root");
      if (!known)
        refuse(name,
               fmt::format("hydra.verbose: there is no logger '{}': true, or lx, shows what lx says for debugging",
                           config::python_text(name)));
    }
    if (settings.terminal) settings.terminal = log::Level::debug;
    if (settings.file) settings.file = log::Level::debug;
  }
};

}  // namespace

RunSettings run_settings(const ResolvedRun& run) { return HydraSettings(run).read(); }

void apply(const RunSettings& settings) {
  for (const auto& [name, value] : settings.environment) ::setenv(name.c_str(), value.c_str(), 1);
  log::show_from(settings.terminal);
}

}  // namespace lx
