// The settings of launcher=slurm, named as Hydra's submitit launcher names them.
#pragma once

#include "config/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct SlurmConfig {
  std::optional<std::string> partition, account, qos, constraint, gres;
  int64_t timeout_min = 60, cpus_per_task = 1, nodes = 1, tasks_per_node = 1;
  std::optional<double> mem_gb;
  std::optional<int64_t> gpus_per_node;
  int64_t array_parallelism = 256, signal_delay_s = 120, max_num_timeout = 10;
  std::vector<std::string> setup, srun_args;
  bool use_srun = false, wait = false;
  config::Node additional_parameters{config::Map{}};

  static constexpr auto fields() {
    using C = SlurmConfig;
    return std::tuple{
        config::field("partition", &C::partition, "partition; null: the cluster's default, here and below"),
        config::field("timeout_min", &C::timeout_min, "time limit of one task, in minutes", config::at_least(1)),
        config::field("cpus_per_task", &C::cpus_per_task,
                      "cores of a cell, and its threads (what runtime.threads=0 means in this sweep)",
                      config::between(1, 4096)),
        config::field("mem_gb", &C::mem_gb, "memory of a cell, in GiB", config::positive()),
        config::field("gpus_per_node", &C::gpus_per_node, "graphics processors of a cell", config::at_least(0)),
        config::field("gres", &C::gres, "generic resources of a cell, for example gpu:a100:1"),
        config::field("nodes", &C::nodes, "always 1: a cell is one process", config::between(1, 1)),
        config::field("tasks_per_node", &C::tasks_per_node, "always 1", config::between(1, 1)),
        config::field("account", &C::account, "whom the cluster charges"),
        config::field("qos", &C::qos, "quality of service"),
        config::field("constraint", &C::constraint, "features a node must have"),
        config::field("array_parallelism", &C::array_parallelism, "tasks at once", config::at_least(1)),
        config::field("signal_delay_s", &C::signal_delay_s,
                      "seconds before the time limit at which a cell is told to save (SIGUSR1)",
                      config::between(1, 65535)),
        config::field("max_num_timeout", &C::max_num_timeout,
                      "how often a task may go back to the queue when its time is up; 0: never",
                      config::not_negative()),
        config::field("setup", &C::setup, "lines of shell that the script runs before lx"),
        config::field("use_srun", &C::use_srun, "start lx as a step of the job, through srun"),
        config::field("srun_args", &C::srun_args, "with use_srun: what srun is given"),
        config::field("additional_parameters", &C::additional_parameters,
                      "further options of sbatch by their long names; true: an option without a value"),
        config::field("wait", &C::wait, "stay until the cells are done, and print the table")};
  }
};

/// Throws Error for settings that contradict each other, or that a batch script cannot hold.
void check_slurm_config(const SlurmConfig& config);

}  // namespace lx
