#include "sweep/slurm_script.h"

#include "base/build_info.h"
#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

/// The lines "#SBATCH --option=value".
class SbatchLines {
 public:
  void add(const std::string& option) { text_ += "#SBATCH --" + option + "\n"; }
  void add(const std::string& option, const std::string& value) {
    const bool plain = value.find_first_of(" \t'#") == value.npos;
    add(option + "=" + (plain ? value : '"' + value + '"'));
  }
  void add(const std::string& option, int64_t value) { add(option, std::to_string(value)); }
  void add_given(const std::string& option, const std::optional<std::string>& value) {
    if (value) add(option, *value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string option_value(const config::Node& value) {
  return value.is_string() ? value.string() : config::python_text(value);
}

/// A path in which sbatch shall see none of its patterns.
std::string pattern_free(const fs::path& path) {
  std::string out;
  for (const char c : path.string()) {
    require(c != '"' && c != '\\' && static_cast<unsigned char>(c) >= ' ',
            "the folder {} has a name that sbatch cannot write a log to: choose another `output`", path.string());
    out += c;
    if (c == '%') out += c;
  }
  return out;
}

std::string sbatch_lines(const SlurmConfig& config, const SlurmBatch& batch, const fs::path& sweep) {
  SbatchLines lines;
  lines.add("job-name", slurm_job_name(sweep, batch.offset));
  lines.add("array", fmt::format("{}%{}", array_text(batch.indices()), config.array_parallelism));
  lines.add("output", pattern_free(sweep / "logs") + "/%A_%a.log");
  lines.add("open-mode=append");
  lines.add("time", config.timeout_min);
  lines.add("signal", fmt::format("B:USR1@{}", config.signal_delay_s));
  lines.add("requeue");
  lines.add("nodes", config.nodes);
  lines.add("ntasks-per-node", config.tasks_per_node);
  lines.add("cpus-per-task", config.cpus_per_task);
  if (config.mem_gb) lines.add("mem", fmt::format("{}M", std::llround(std::ceil(*config.mem_gb * 1024))));
  if (config.gpus_per_node) lines.add("gpus-per-node", *config.gpus_per_node);
  lines.add_given("gres", config.gres);
  lines.add_given("partition", config.partition);
  lines.add_given("account", config.account);
  lines.add_given("qos", config.qos);
  lines.add_given("constraint", config.constraint);
  for (const auto& [key, value] : config.additional_parameters.map()) {
    std::string option = key;
    std::replace(option.begin(), option.end(), '_', '-');
    if (value.kind() == config::Node::Kind::boolean)
      lines.add(option);
    else
      lines.add(option, option_value(value));
  }
  return lines.text();
}

std::string setup_lines(const SlurmConfig& config) {
  if (config.setup.empty()) return "";
  // Modules and conda read variables that may not be there.
  return "set +u\n" + join(config.setup, "\n") + "\nset -u\n\n";
}

std::string command(const SlurmConfig& config, const fs::path& program) {
  std::string words;
  if (config.use_srun) {
    words = fmt::format("srun --ntasks=1 --cpus-per-task={} ", config.cpus_per_task);
    for (const std::string& word : config.srun_args) words += shell_word(word) + " ";
  }
  return words + shell_word(program.string()) + " cell \"$sweep\" \"$cell\" &\n";
}

constexpr const char* kWaiting = R"sh(child=$!

# Before the time limit Slurm sends USR1 to this script alone: lx saves and ends with 138. What scancel and preemption
# send reaches lx by itself; the script only stays until lx has saved.
trap 'kill -USR1 "$child" || true' USR1
trap : TERM
wait "$child" || true
while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
status=0
wait "$child" || status=$?
if [ "$status" -eq 5 ]; then status=0; fi   # somebody had finished it before
)sh";

// $SLURM_JOB_ID would do but for the last task of an array: there it names the whole array.
std::string requeue_lines(int64_t most) {
  if (most == 0) return "";
  return fmt::format(R"sh(
if [ "$status" -eq 138 ]; then
  restarts=${{SLURM_RESTART_COUNT:-0}}
  if [ "$restarts" -lt {0} ]; then
    echo "lx: the time is up: saved; the task goes back to the queue (restart $((restarts + 1)) of {0} at most)"
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" || echo "lx: it could not: submit the sweep again, it goes on from there" >&2
  else
    echo "lx: the time is up after {0} restarts: saved; submit the sweep again, it goes on from there" >&2
  fi
fi
)sh",
                     most);
}

}  // namespace

std::vector<int64_t> SlurmBatch::indices() const {
  std::vector<int64_t> out;
  for (const int64_t cell : cells) out.push_back(cell - offset);
  return out;
}

std::vector<SlurmBatch> slurm_batches(std::vector<int64_t> cells, int64_t limit) {
  std::sort(cells.begin(), cells.end());
  std::vector<SlurmBatch> batches;
  for (const int64_t cell : cells) {
    const int64_t offset = cell / limit * limit;
    if (batches.empty() || batches.back().offset != offset) batches.push_back({{}, offset});
    batches.back().cells.push_back(cell);
  }
  return batches;
}

std::string array_text(const std::vector<int64_t>& ascending) {
  std::vector<std::string> parts;
  for (size_t first = 0, last = 0; first < ascending.size(); first = ++last) {
    while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) ++last;
    const char* between = last > first + 1 ? "-" : ",";
    parts.push_back(std::to_string(ascending[first]));
    if (last > first) parts.back() += between + std::to_string(ascending[last]);
  }
  return join(parts, ",");
}

std::string slurm_job_name(const fs::path& sweep, int64_t offset) {
  const std::string name = "lx-" + sweep.filename().string();
  return offset == 0 ? name : fmt::format("{}.{}", name, offset);
}

std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string slurm_script(const SlurmConfig& config, const SlurmBatch& batch, const fs::path& sweep,
                         const fs::path& program) {
  const std::string add = batch.offset == 0 ? "" : fmt::format(" + {}", batch.offset);
  std::string text = "#!/bin/bash\n";
  text +=
      fmt::format("# Written by lx {}: {} cells of a sweep, one a task.\n", build_info::version(), batch.cells.size());
  text += sbatch_lines(config, batch, sweep);
  text += "\nset -euo pipefail\n\n" + setup_lines(config);
  text += "sweep=" + shell_word(sweep.string()) + "\n";
  text += fmt::format("cell=$((SLURM_ARRAY_TASK_ID{}))\n", add);
  text += "export LX_HOME=" + shell_word(fs::absolute(project_folder()).string()) + "\n";
  text += "export LX_CACHE=" + shell_word(fs::absolute(cache_folder()).string()) + "\n";
  text += "export LX_PROGRESS_FILE=\"$sweep/logs/$cell.progress\"   # for lx sweep --status\n\n";
  return text + command(config, program) + kWaiting + requeue_lines(config.max_num_timeout) + "exit \"$status\"\n";
}

}  // namespace lx
