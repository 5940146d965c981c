#include "sweep/slurm_wait.h"

#include "base/error.h"
#include "base/log.h"
#include "data/process.h"
#include "sweep/board.h"
#include "sweep/slurm_queue.h"
#include "train/interrupt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <thread>
#include <utility>

namespace lx {
namespace {

class SlurmWatch {
  using Clock = std::chrono::steady_clock;

 public:
  explicit SlurmWatch(const LaunchRequest& request) : request_(request) {
    for (const Cell& cell : request.cells) open_[cell.number] = &cell;
  }

  LaunchReport watch() {
    const InterruptGuard guard;
    while (!open_.empty() && interrupt_signal() == 0) {
      look();
      board_.update(state());
      pause();
    }
    board_.finish();
    report_.interrupted_by = interrupt_signal();
    report_.left = report_.interrupted_by != 0;
    if (report_.left) log::info("the cells go on without this command; scancel ends them");
    return std::move(report_);
  }

 private:
  const LaunchRequest& request_;
  std::map<int64_t, const Cell*> open_;
  std::map<int64_t, SlurmTask> tasks_;
  LaunchReport report_;
  Board board_;
  size_t done_ = 0;
  bool cancelled_ = false;
  Clock::time_point begun_ = Clock::now();

  void look() {
    tasks_ = slurm_tasks(request_.folder, request_.cells.empty() ? 0 : request_.cells.back().number + 1);
    for (auto at = open_.begin(); at != open_.end();) at = settled(*at->second) ? open_.erase(at) : std::next(at);
    if (request_.fail_fast && !report_.problems.empty() && !cancelled_) cancel();
  }

  /// Is there nothing more to come of it? Then says what came.
  bool settled(const Cell& cell) {
    const auto task = tasks_.find(cell.number);
    if (task != tasks_.end() && task->second.active) return false;
    const CellStatus status = cell_status(cell.folder, {});
    if (status.state == CellState::running) return false;
    const std::string name = fmt::format("#{} {}", cell.number, cell.label());
    if (status.state == CellState::done) {
      ++done_;
      board_.event(name + " finished");
      return true;
    }
    std::string reason = status.reason;
    if (status.state != CellState::failed)
      reason = task == tasks_.end()
                   ? "it is in no job"
                   : fmt::format("{} (see {})", lost_task_text(task->second), shown(task->second.log(request_.folder)));
    board_.error(fmt::format("{} failed: {}", name, reason));
    report_.problems.push_back({cell, reason});
    return true;
  }

  void cancel() {
    cancelled_ = true;
    std::vector<std::string> command{"scancel"};
    for (const auto& [number, cell] : open_)
      if (const auto task = tasks_.find(number); task != tasks_.end()) command.push_back(task->second.job);
    if (command.size() == 1) return;
    board_.event(fmt::format("a cell failed (--fail-fast): {} others are taken out of the queue", open_.size()));
    const ProgramResult answer = run_program(command);
    if (!answer.ok()) log::warning("scancel: {}", answer.last_error());
  }

  void pause() {
    // Slurm has others to answer, too: the longer it has taken, the less it is asked.
    const double waited = std::chrono::duration<double>(Clock::now() - begun_).count();
    const auto until =
        Clock::now() + std::chrono::duration<double>(open_.empty() ? 0 : std::clamp(waited / 8, 1., 15.));
    while (Clock::now() < until && interrupt_signal() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      board_.update(state());
    }
  }

  BoardState state() const {
    BoardState state;
    state.cells = request_.cells.size() + request_.others;
    state.done = done_ + request_.others;
    state.failed = report_.problems.size();
    state.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    state.seconds_left = NAN;
    for (const auto& [number, cell] : open_) {
      const auto task = tasks_.find(number);
      if (task == tasks_.end() || task->second.state == "PENDING") {
        ++state.waiting;
        continue;
      }
      BoardRow row{number, cell->label(), {}, "job " + task->second.job};
      if (const auto told = read_progress(request_.folder.progress(number))) row.progress = told->state;
      state.running.push_back(std::move(row));
    }
    return state;
  }
};

}  // namespace

LaunchReport wait_for_slurm(const LaunchRequest& request) { return SlurmWatch(request).watch(); }

}  // namespace lx
