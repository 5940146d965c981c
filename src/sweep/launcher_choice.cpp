#include "sweep/launcher_choice.h"

#include "base/error.h"
#include "base/text.h"
#include "config/hydra_builtin.h"
#include "config/yaml.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lx {
namespace {

/// Options of sbatch that submitit names and launcher=slurm does not.
constexpr std::array<std::string_view, 6> kPlainOptions{"comment",       "exclude",     "cpus_per_gpu",
                                                        "gpus_per_task", "mem_per_gpu", "mem_per_cpu"};

struct HydraLauncher {
  const ResolvedRun& run;
  std::string name = "basic";

  explicit HydraLauncher(const ResolvedRun& asked) : run(asked) {
    if (const config::Node* choices = run.hydra.find("runtime.choices"); choices && choices->is_map())
      if (const config::Node* choice = choices->map().find("hydra/launcher"); choice && choice->is_string())
        name = choice->string();
  }

  /// The settings that differ from Hydra's own, resolved.
  config::Map changed() const {
    const std::string* text = config::builtin_config("hydra/launcher/" + name);
    const config::Node built_in = text ? config::parse_yaml(*text, "hydra/launcher/" + name) : config::Node();
    config::Map out;
    const config::Node* settings = run.hydra.find("launcher");
    if (!settings || !settings->is_map()) return out;
    for (const auto& [key, value] : settings->map()) {
      const config::Node* usual = built_in.is_map() ? built_in.map().find(key) : nullptr;
      if (usual && *usual == value) continue;
      out[key] = config::resolve_hydra(run.composition(), "launcher." + key);
      out[key].place = value.place;
    }
    return out;
  }

  config::Node section() const {
    config::Map out;
    if (name == "joblib" || name == "submitit_local") {
      out["name"] = "local";
      for (const auto& [key, value] : changed()) {
        if (key != "n_jobs" || value.kind() != config::Node::Kind::integer) refuse(key, value);
        out["jobs"] = std::max<int64_t>(value.integer(), 0);  // -1: all cores
      }
    } else if (name == "submitit_slurm") {
      out = slurm();
    } else {
      fail(
          "hydra/launcher={} is no launcher of lx: put one into a file of the group launcher (launcher={}), with the "
          "name "
          "local or slurm",
          name, name);
    }
    return config::Node(std::move(out));
  }

  config::Map slurm() const {
    std::vector<std::string> known;
    for (const config::KeyHelp& key : launchers().get("slurm").help()) known.push_back(key.path);
    config::Map out, more;
    out["name"] = "slurm";
    for (const auto& [key, value] : changed()) {
      if (key == "additional_parameters" && value.is_map()) {
        for (const auto& [option, setting] : value.map()) more[option] = setting;
      } else if (std::find(kPlainOptions.begin(), kPlainOptions.end(), key) != kPlainOptions.end()) {
        std::string option = key;
        std::replace(option.begin(), option.end(), '_', '-');
        more[option] = value;
      } else if (std::find(known.begin(), known.end(), key) != known.end()) {
        out[key] = value;
        if (key == "srun_args") out["use_srun"] = true;
      } else {
        refuse(key, value);
      }
    }
    if (!more.empty()) out["additional_parameters"] = std::move(more);
    return out;
  }

  [[noreturn]] void refuse(const std::string& key, const config::Node& value) const {
    config::fail_at(value.place, fmt::format("hydra.launcher.{} of {} has no counterpart in lx: see lx config keys "
                                             "launcher",
                                             key, name));
  }
};

}  // namespace

std::unique_ptr<Launcher> launcher_of(const ResolvedRun& run) {
  const HydraLauncher hydra(run);
  return make_launcher(hydra.name == "basic" ? run.config.launcher : hydra.section());
}

bool runs_elsewhere(const ResolvedRun& run) {
  const HydraLauncher hydra(run);
  const config::Node* name = run.config.launcher.find("name");
  return hydra.name == "submitit_slurm" || (hydra.name == "basic" && name && *name != config::Node("local"));
}

}  // namespace lx
