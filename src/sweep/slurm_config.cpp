#include "sweep/slurm_config.h"

#include "base/error.h"

#include <array>
#include <string_view>
#include <utility>

namespace lx {
namespace {

using Reserved = std::pair<std::string_view, std::string_view>;
// Options of sbatch that have a setting of their own, or that the script depends on ("").
constexpr std::array<Reserved, 26> kReserved{{{"partition", "partition"},
                                              {"account", "account"},
                                              {"qos", "qos"},
                                              {"constraint", "constraint"},
                                              {"gres", "gres"},
                                              {"time", "timeout_min"},
                                              {"cpus-per-task", "cpus_per_task"},
                                              {"nodes", "nodes"},
                                              {"ntasks-per-node", "tasks_per_node"},
                                              {"mem", "mem_gb"},
                                              {"gpus-per-node", "gpus_per_node"},
                                              {"signal", "signal_delay_s"},
                                              {"ntasks", ""},
                                              {"array", ""},
                                              {"job-name", ""},
                                              {"output", ""},
                                              {"error", ""},
                                              {"open-mode", ""},
                                              {"requeue", ""},
                                              {"no-requeue", ""},
                                              {"wrap", ""},
                                              {"wait", "wait"},
                                              {"parsable", ""},
                                              {"test-only", ""},
                                              {"chdir", ""},
                                              {"input", ""}}};

void check_text(const std::string& text, const std::string& where) {
  for (const char c : text) {
    const bool fits = static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\' && c != 127;
    require(fits, "{}: '{}' cannot stand in a batch script (quotes, backslashes and control characters cannot)", where,
            text);
  }
}

void check_additional(const config::Node& parameters) {
  if (!parameters.is_map())
    config::fail_at(parameters.place, "launcher.additional_parameters must be a dict: {mail-type: FAIL}");
  for (const auto& [key, value] : parameters.map()) {
    const std::string where = value.place.prefix() + "launcher.additional_parameters." + key;
    std::string option = key;
    for (char& c : option) {
      if (c == '_') c = '-';
      require((c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9'), "{}: sbatch has no such option", where);
    }
    for (const auto& [name, setting] : kReserved) {
      if (name != option) continue;
      if (!setting.empty()) fail("{}: that is launcher.{}", where, setting);
      fail("{}: lx sets --{} itself", where, option);
    }
    using Kind = config::Node::Kind;
    const Kind kind = value.kind();
    const bool usable =
        kind == Kind::boolean ? value.boolean() : kind == Kind::string || kind == Kind::integer || kind == Kind::real;
    require(usable, "{}: give the option's value, or true for an option without one", where);
    if (kind == Kind::string) check_text(value.string(), where);
  }
}

}  // namespace

void check_slurm_config(const SlurmConfig& config) {
  require(config.signal_delay_s < config.timeout_min * 60,
          "launcher.signal_delay_s={} leaves no time to work in: the time limit is launcher.timeout_min={}",
          config.signal_delay_s, config.timeout_min);
  require(config.use_srun || config.srun_args.empty(), "launcher.srun_args goes with launcher.use_srun=true");
  const std::array<std::pair<const char*, const std::optional<std::string>*>, 5> texts{
      {{"partition", &config.partition},
       {"account", &config.account},
       {"qos", &config.qos},
       {"constraint", &config.constraint},
       {"gres", &config.gres}}};
  for (const auto& [name, text] : texts) {
    if (!*text) continue;
    require(!(*text)->empty(), "launcher.{} is empty: null leaves it to the cluster", name);
    check_text(**text, fmt::format("launcher.{}", name));
  }
  for (const std::string& line : config.setup)
    require(line.find('\0') == line.npos, "launcher.setup: a line holds a zero byte");
  check_additional(config.additional_parameters);
}

}  // namespace lx
