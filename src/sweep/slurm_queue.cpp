#include "sweep/slurm_queue.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/yaml.h"
#include "data/process.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <set>
#include <string_view>
#include <system_error>

namespace lx {
namespace {

struct JobNote {
  std::string job;
  int64_t offset = 0;
  std::vector<int64_t> cells;
};

struct SlurmAnswers {
  /// States in which nothing more will happen.
  static bool over(std::string_view state) {
    constexpr std::array<std::string_view, 10> kOver{"BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE",  "FAILED",
                                                     "NODE_FAIL", "REVOKED",   "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"};
    return std::find(kOver.begin(), kOver.end(), state) != kOver.end();
  }

  static int64_t number(std::string_view text) {
    int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : -1;
  }

  static std::string ask(const std::vector<std::string>& command) {
    const ProgramResult answer = run_program(command);
    if (!answer.ok()) throw MachineError(fmt::format("Slurm does not answer: {}: {}", command[0], answer.last_error()));
    return answer.output;
  }
};

std::vector<JobNote> read_notes(const SweepFolder& folder) {
  std::vector<JobNote> notes;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(slurm_folder(folder), none)) {
    if (entry.path().extension() != ".json") continue;
    try {
      const config::Node note = config::parse_json(read_file(entry.path()), shown(entry.path()));
      JobNote read{note.find("job")->string(), note.find("offset")->integer(), {}};
      for (const config::Node& cell : note.find("cells")->list()) read.cells.push_back(cell.integer());
      notes.push_back(std::move(read));
    } catch (const Error& error) {
      log::warning("{}: {}", shown(entry.path()), error.what());
    }
  }
  std::sort(notes.begin(), notes.end(), [](const JobNote& a, const JobNote& b) {
    return SlurmAnswers::number(a.job) < SlurmAnswers::number(b.job);
  });
  return notes;
}

/// Lines "12|3|PENDING|Priority|lx-<sweep>.<offset>", those that are over too, as long as Slurm remembers them.
void add_squeue(const fs::path& sweep, const std::set<int64_t>& offsets, std::map<int64_t, SlurmTask>& tasks) {
  std::map<std::string, int64_t> names;
  std::string list;
  for (const int64_t offset : offsets) {
    const std::string name = slurm_job_name(sweep, offset);
    names[name] = offset;
    list += (list.empty() ? "" : ",") + name;
  }
  const std::string answer = SlurmAnswers::ask(
      {"squeue", "--noheader", "--array", "--states=all", "--name=" + list, "--format=%F|%K|%T|%r|%j"});
  for (const std::string& line : split(answer, '\n')) {
    const std::vector<std::string> words = split(line, '|');
    if (words.size() != 5 || !names.contains(words[4])) continue;
    const int64_t offset = names.at(words[4]), index = SlurmAnswers::number(words[1]);
    if (index < 0) continue;
    const SlurmTask task{words[0] + "_" + words[1], words[2], words[3], !SlurmAnswers::over(words[2])};
    SlurmTask& kept = tasks[offset + index];
    const auto job_of = [](const SlurmTask& t) { return SlurmAnswers::number(t.job.substr(0, t.job.find('_'))); };
    if (kept.job.empty() || (task.active && !kept.active) ||
        (task.active == kept.active && job_of(task) >= job_of(kept)))
      kept = task;
  }
}

/// What became of tasks that squeue has forgotten, where the cluster keeps accounts.
void add_sacct(std::map<int64_t, SlurmTask>& tasks) {
  std::set<std::string> jobs;
  for (const auto& [cell, task] : tasks)
    if (task.state.empty()) jobs.insert(task.job.substr(0, task.job.find('_')));
  if (jobs.empty() || !program_exists("sacct")) return;
  const std::vector<std::string> list(jobs.begin(), jobs.end());
  const ProgramResult answer = run_program(
      {"sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State", "--jobs=" + join(list, ",")});
  if (!answer.ok()) return;  // most test clusters keep none
  std::map<std::string, std::string> states;
  for (const std::string& line : split(answer.output, '\n'))
    if (const size_t bar = line.find('|'); bar != line.npos) states[line.substr(0, bar)] = line.substr(bar + 1);
  for (auto& [cell, task] : tasks)
    if (const auto found = states.find(task.job); task.state.empty() && found != states.end())
      task.state = found->second;
}

}  // namespace

fs::path slurm_folder(const SweepFolder& folder) { return folder.path / "slurm"; }

std::string lost_task_text(const SlurmTask& task) {
  return fmt::format("its task {} ended{}", task.job, task.state.empty() ? "" : " (" + task.state + ")");
}

bool has_slurm_notes(const SweepFolder& folder) { return fs::is_directory(slurm_folder(folder)); }

std::map<int64_t, SlurmTask> slurm_tasks(const SweepFolder& folder, int64_t cells) {
  std::map<int64_t, SlurmTask> tasks;
  std::set<int64_t> offsets;
  const int64_t limit = slurm_array_limit();
  for (int64_t offset = 0; offset < cells; offset += limit) offsets.insert(offset);
  for (const JobNote& note : read_notes(folder)) {
    offsets.insert(note.offset);  // of a time when the cluster had another limit
    for (const int64_t cell : note.cells)
      tasks[cell] = {note.job + "_" + std::to_string(cell - note.offset), "", "", false};
  }
  add_squeue(folder.path, offsets, tasks);
  add_sacct(tasks);
  return tasks;
}

void note_slurm_job(const SweepFolder& folder, const std::string& job, const SlurmBatch& batch) {
  config::Map note;
  config::List cells;
  for (const int64_t cell : batch.cells) cells.emplace_back(cell);
  note["job"] = job;
  note["submitted"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  note["offset"] = batch.offset;
  note["cells"] = std::move(cells);
  try {
    write_file(slurm_folder(folder) / (job + ".json"), config::to_json(note) + "\n");
  } catch (const Error& error) {
    log::warning("{}", error.what());
  }
}

int64_t slurm_array_limit() {
  for (const std::string& line : split(SlurmAnswers::ask({"scontrol", "show", "config"}), '\n')) {
    const size_t equals = line.find('=');
    if (equals == line.npos || trim(line.substr(0, equals)) != "MaxArraySize") continue;
    if (const int64_t limit = SlurmAnswers::number(trim(std::string_view(line).substr(equals + 1))); limit > 0)
      return limit;
  }
  return 1001;  // what Slurm has unless it is told otherwise
}

}  // namespace lx
