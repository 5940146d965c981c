// The built-in `hydra` configuration as YAML, after Hydra's own: keys and default values are those people know from it.
// A new launcher or sweeper is one more file in kFiles and one more line in kOptionTypes.
#include "config/hydra_builtin.h"

#include "config/yaml.h"

#include <algorithm>
#include <map>
#include <set>

namespace lx::config {

namespace {

struct BuiltinHydra {
  // The names of Hydra's submitit plugin.
  static constexpr const char* kSubmititCommon = R"(
submitit_folder: ${hydra.sweep.dir}/.submitit/%j
timeout_min: 60
cpus_per_task: null
gpus_per_node: null
tasks_per_node: 1
mem_gb: null
nodes: 1
name: ${hydra.job.name}
stderr_to_stdout: false
)";
  static constexpr const char* kSubmititSlurm = R"(
partition: null
qos: null
comment: null
constraint: null
exclude: null
gres: null
cpus_per_gpu: null
gpus_per_task: null
mem_per_gpu: null
mem_per_cpu: null
account: null
signal_delay_s: 120
max_num_timeout: 0
additional_parameters: {}
array_parallelism: 256
setup: null
srun_args: null
)";

  // Names that Hydra's Optuna sweeper has mean the same here.
  static constexpr const char* kSearch = R"(
n_trials: 20
seed: 0
direction: minimize
objective: {variant: null, text: null, length: longest, value: loss}
n_jobs: null
max_failure_rate: 0.0
params: null
)";
  static constexpr const char* kHalving = R"(
sampler: random
resource: train.budget.steps
min_resource: null
eta: 3
)";

  static inline const std::map<std::string, std::string> kFiles = {
      {"hydra/config", R"(
defaults:
  - output: default
  - launcher: basic
  - sweeper: basic
  - help: default
  - hydra_help: default
  - hydra_logging: default
  - job_logging: default
  - callbacks: null
  - env: default
mode: null                 # RUN or MULTIRUN: what happens without --multirun
searchpath: []             # more folders of configs; primary config or command line only
run:
  dir: ???
sweep:
  dir: ???
  subdir: ???
hydra_logging: ???
job_logging: ???
sweeper: ???
launcher: ???
callbacks: {}
help:
  app_name: ???
  header: ???
  footer: ???
  template: ???
hydra_help:
  hydra_help: ???
  template: ???
output_subdir: .hydra      # null: none
overrides:
  hydra: []
  task: []
job:
  name: ???
  chdir: false
  override_dirname: ${hydra_override_dirname:}
  id: ???
  num: ???
  config_name: ???
  env_set: {}
  env_copy: []
  config:
    override_dirname:
      kv_sep: '='
      item_sep: ','
      exclude_keys: []
runtime:
  version: ???
  cwd: ???
  config_sources: ???
  output_dir: ???
  choices: {}
verbose: false             # true, or the name or names of what should say more
)"},
      {"hydra/output/default", R"(# @package hydra
run:
  dir: outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}
sweep:
  dir: multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}
  subdir: ${hydra.job.num}
)"},
      {"hydra/env/default", "{}\n"},
      {"hydra/help/default", R"(
app_name: ${hydra.job.name}
header: |
  ${hydra.help.app_name} composes its configuration as Hydra does.
footer: |
  lx COMMAND --help lists the flags, --hydra-help the settings of the hydra node.
template: |
  ${hydra.help.header}
  == Configuration groups ==
  Compose your configuration from those groups (group=option)

  $APP_CONFIG_GROUPS

  == Config ==
  Override anything in the config (foo.bar=value)

  $CONFIG

  ${hydra.help.footer}
)"},
      {"hydra/hydra_help/default", R"(
template: |
  lx ${hydra.runtime.version}

  == Flags ==
  $FLAGS_HELP

  == Configuration groups ==
  Append one of these to the command line, hydra/launcher=joblib for example

  $HYDRA_CONFIG_GROUPS

  Use '--cfg hydra' to see the hydra node.
)"},
      // Logging: where lines go (console, file) and from which level on. The line format is fixed.
      {"hydra/job_logging/default", "root:\n  level: INFO\n  handlers: [console, file]\n"},
      {"hydra/job_logging/stdout", "root:\n  level: INFO\n  handlers: [console]\n"},
      {"hydra/job_logging/disabled", "root:\n  level: ERROR\n  handlers: []\n"},
      {"hydra/job_logging/none", "root: null\n"},
      {"hydra/hydra_logging/default", "root:\n  level: INFO\n  handlers: [console]\n"},
      {"hydra/hydra_logging/disabled", "root:\n  level: ERROR\n  handlers: []\n"},
      {"hydra/hydra_logging/none", "root: null\n"},
      {"hydra/sweeper/basic", "max_batch_size: null\nparams: null\n"},
      {"hydra/sweeper/random", kSearch},
      {"hydra/sweeper/quasi_random", kSearch},
      {"hydra/sweeper/halving", std::string(kSearch) + kHalving},
      {"hydra/launcher/basic", "{}\n"},
      {"hydra/launcher/joblib", "n_jobs: -1\n"},
      {"hydra/launcher/submitit_local", kSubmititCommon},
      {"hydra/launcher/submitit_slurm", std::string(kSubmititCommon) + kSubmititSlurm},
  };

  static constexpr const char* kTypes = R"(
mode: mode?
searchpath: [str]
run: {dir: str}
sweep: {dir: str, subdir: str}
hydra_logging: {'*': any}
job_logging: {'*': any}
sweeper: any
launcher: any
callbacks: {'*': any}
help: {app_name: str, header: str, footer: str, template: str}
hydra_help: {hydra_help: str, template: str}
output_subdir: str?
overrides: {hydra: [str], task: [str]}
job:
  name: str
  chdir: bool?
  override_dirname: str
  id: str
  num: int
  config_name: str?
  env_set: {'*': str}
  env_copy: [str]
  config: {override_dirname: {kv_sep: str, item_sep: str, exclude_keys: [str]}}
runtime: {version: str, cwd: str, config_sources: any, output_dir: str, choices: {'*': any}}
verbose: any
)";

  static constexpr const char* kOptionTypes = R"(
hydra/sweeper/basic: {max_batch_size: 'int?', params: {'*': str}}
hydra/sweeper/random: &search
  n_trials: int
  seed: int
  direction: str
  objective: {variant: 'str?', text: 'str?', length: any, value: str}
  n_jobs: int?
  max_failure_rate: float
  params: {'*': str}
hydra/sweeper/quasi_random: *search
hydra/sweeper/halving:
  <<: *search
  sampler: str
  resource: str
  min_resource: int?
  eta: int
hydra/launcher/basic: {}
hydra/launcher/joblib: {n_jobs: int}
hydra/launcher/submitit_local: &submitit
  submitit_folder: str
  timeout_min: int
  cpus_per_task: int?
  gpus_per_node: int?
  tasks_per_node: int
  mem_gb: int?
  nodes: int
  name: str
  stderr_to_stdout: bool
hydra/launcher/submitit_slurm:
  <<: *submitit
  partition: str?
  qos: str?
  comment: str?
  constraint: str?
  exclude: str?
  gres: str?
  cpus_per_gpu: int?
  gpus_per_task: int?
  mem_per_gpu: str?
  mem_per_cpu: str?
  account: str?
  signal_delay_s: int
  max_num_timeout: int
  additional_parameters: {'*': any}
  array_parallelism: int
  setup: [str]
  srun_args: [str]
)";
};

}  // namespace

const std::string* builtin_config(const std::string& name) {
  const auto found = BuiltinHydra::kFiles.find(name);
  return found == BuiltinHydra::kFiles.end() ? nullptr : &found->second;
}

std::vector<std::string> builtin_options(const std::string& group) {
  std::vector<std::string> options;
  for (const auto& [name, text] : BuiltinHydra::kFiles)
    if (name.substr(0, name.rfind('/')) == group) options.push_back(name.substr(name.rfind('/') + 1));
  return options;
}

std::vector<std::string> builtin_groups() {
  std::set<std::string> groups{"hydra/callbacks"};
  for (const auto& [name, text] : BuiltinHydra::kFiles) groups.insert(name.substr(0, name.rfind('/')));
  return {groups.begin(), groups.end()};
}

const Node& builtin_types() {
  static const Node types = parse_yaml(BuiltinHydra::kTypes, "the types of the hydra node");
  return types;
}

const Node* builtin_option_types(const std::string& group, const std::string& option) {
  static const Node types = parse_yaml(BuiltinHydra::kOptionTypes, "the types of launchers and sweepers");
  return types.map().find(group + "/" + option);
}

}  // namespace lx::config
