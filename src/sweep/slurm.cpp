// launcher=slurm: the open cells of a sweep become one array job. What was submitted is known to Slurm and noted in the
// sweep's folder, so that the same command submits only what is lost.
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "data/process.h"
#include "sweep/launcher.h"
#include "sweep/slurm_queue.h"
#include "sweep/slurm_wait.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace lx {
namespace {

struct SubmittedJob {
  std::string id;
  SlurmBatch batch;
};

/// The cells that nobody has: neither a task in the queue nor a process of another launcher.
struct FreeCells {
  std::vector<int64_t> numbers;
  size_t queued = 0, elsewhere = 0;

  FreeCells(const LaunchRequest& request, const std::map<int64_t, SlurmTask>& tasks) {
    for (const Cell& cell : request.cells) {
      const auto task = tasks.find(cell.number);
      const CellState state = cell_status(cell.folder, {}).state;
      if (task != tasks.end() && task->second.active)
        ++queued;
      else if (state == CellState::running)
        ++elsewhere;
      else if (state != CellState::done)  // another submission may have finished it meanwhile
        numbers.push_back(cell.number);
    }
  }

  std::string others() const {
    std::string text;
    if (queued > 0) text += fmt::format("; {} are queued or running already", queued);
    if (elsewhere > 0) text += fmt::format("; {} are another launcher's work just now", elsewhere);
    return text;
  }
};

/// The lx that runs the cells: a copy of this very program, so that a build meanwhile changes nothing for tasks that
/// wait in the queue.
struct KeptProgram {
  fs::path path;
  std::string content;

  explicit KeptProgram(const SweepFolder& folder) : content(read_file("/proc/self/exe")) {
    path = fs::absolute(slurm_folder(folder)) / ("lx-" + hash_hex(content).substr(0, 12));
  }

  void keep() const {
    if (fs::exists(path)) return;
    PendingFile file(path);
    write_file(file.part(), content);
    std::error_code error;
    fs::permissions(file.part(), fs::perms(0755), error);
    require_machine(!error, "cannot make {} executable: {}", path.string(), error.message());
    file.commit();
  }
};

/// One submission of a sweep at a time: the next one sees in the queue what this one put there.
FileLock submission_lock(const SweepFolder& folder) {
  make_folders(slurm_folder(folder));
  auto lock = FileLock::wait_lock(slurm_folder(folder) / ".lock", 60);
  if (!lock) throw BusyError("another lx has been submitting this sweep for a minute: try again later");
  return std::move(*lock);
}

class SlurmLauncher final : public Launcher {
 public:
  using Config = SlurmConfig;
  explicit SlurmLauncher(SlurmConfig config) : config_(std::move(config)) { check_slurm_config(config_); }

  int64_t threads() const override { return config_.cpus_per_task; }

  LaunchReport launch(const LaunchRequest& request) override {
    for (const char* program : {"sbatch", "squeue", "scontrol"})
      require(program_exists(program), "launcher=slurm: there is no {} here: submit from a machine of the cluster",
              program);
    require(!request.fail_fast || config_.wait,
            "--fail-fast: with launcher=slurm only launcher.wait=true sees a failure");
    submit(request);
    return config_.wait ? wait_for_slurm(request) : LaunchReport{{}, 0, true};
  }

  std::string plan(const LaunchRequest& request) const override {
    std::map<int64_t, SlurmTask> tasks;
    int64_t limit = 1001;
    if (program_exists("squeue") && program_exists("scontrol")) {
      tasks = slurm_tasks(request.folder, highest(request));
      limit = slurm_array_limit();
    }
    const FreeCells free(request, tasks);
    const KeptProgram program(request.folder);
    std::string text;
    for (const SlurmBatch& batch : slurm_batches(free.numbers, limit))
      text +=
          (text.empty() ? "" : "\n") + slurm_script(config_, batch, fs::absolute(request.folder.path), program.path);
    if (text.empty()) return fmt::format("nothing would be submitted{}\n", free.others());
    return text;
  }

 private:
  SlurmConfig config_;

  static int64_t highest(const LaunchRequest& request) {
    int64_t most = 0;
    for (const Cell& cell : request.cells) most = std::max(most, cell.number + 1);
    return most;
  }

  /// Submits what nobody has.
  void submit(const LaunchRequest& request) const {
    const FileLock lock = submission_lock(request.folder);
    const FreeCells free(request, slurm_tasks(request.folder, highest(request)));
    const KeptProgram program(request.folder);
    if (!free.numbers.empty()) program.keep();
    std::vector<SubmittedJob> jobs;
    for (const SlurmBatch& batch : slurm_batches(free.numbers, slurm_array_limit())) {
      const std::string after = jobs.empty() ? "" : jobs.back().id;
      jobs.push_back({submit(request.folder, batch, program.path, after), batch});
      tell(request.folder, jobs.back());
    }
    if (jobs.empty())
      log::info("nothing to submit{}", free.others());
    else if (!free.others().empty())
      log::info("{} submitted{}", free.numbers.size(), free.others());
  }

  /// Returns the job's id. `after`: the job that must be through first, so that no more than array_parallelism run.
  std::string submit(const SweepFolder& folder, const SlurmBatch& batch, const fs::path& program,
                     const std::string& after) const {
    const fs::path script = slurm_folder(folder) / "next.sh";
    write_file(script, slurm_script(config_, batch, fs::absolute(folder.path), program));
    std::vector<std::string> command{"sbatch", "--parsable"};
    if (!after.empty()) command.push_back("--dependency=afterany:" + after);
    command.push_back(script.string());
    const ProgramResult answer = run_program(command);
    if (!answer.ok()) throw MachineError(fmt::format("sbatch refuses {}: {}", shown(script), answer.last_error()));
    const std::string text(trim(answer.output));  // "12", or "12;cluster"
    const std::string job = text.substr(0, text.find(';'));
    note_slurm_job(folder, job, batch);
    std::error_code ignored;
    fs::rename(script, slurm_folder(folder) / (job + ".sh"), ignored);
    for (const int64_t cell : batch.cells)
      note_event(folder, "submitted", cell, fmt::format("job {}_{}", job, cell - batch.offset));
    return job;
  }

  void tell(const SweepFolder& folder, const SubmittedJob& job) const {
    log::info("submitted job {}: {} cell{}, --array={}%{}", job.id, job.batch.cells.size(),
              job.batch.cells.size() == 1 ? "" : "s", array_text(job.batch.indices()), config_.array_parallelism);
    log::info("  to watch: lx sweep --status {}, or squeue --job {}; logs: {}/{}_*.log; to stop: scancel {}",
              folder.path.filename().string(), job.id, shown(folder.logs()), job.id, job.id);
  }
};
REGISTER_LAUNCHER(SlurmLauncher, "slurm", "one array job of a Slurm cluster, one task a cell");

}  // namespace
}  // namespace lx
