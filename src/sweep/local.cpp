// launcher=local: a pool of processes on this machine, each pinned to its own cores; no more at once than memory holds.
#include "base/error.h"
#include "base/text.h"
#include "experiment/run.h"
#include "sweep/board.h"
#include "sweep/child.h"
#include "sweep/launcher.h"
#include "sweep/resources.h"
#include "tensor/machine.h"
#include "train/interrupt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <deque>
#include <list>
#include <thread>
#include <utility>

namespace lx {
namespace {

using Clock = std::chrono::steady_clock;

struct LocalConfig {
  int64_t jobs = 0, threads = 1, retries = 1;
  bool pin = true;
  std::optional<double> memory_gb;
  static constexpr auto fields() {
    using C = LocalConfig;
    return std::tuple{
        config::field("jobs", &C::jobs, "cells at once; 0: as many as there are cores", config::between(0, 4096)),
        config::field("threads", &C::threads, "threads of each cell (what runtime.threads=0 means in a sweep)",
                      config::between(1, 1024)),
        config::field("pin", &C::pin, "each cell stays on its own cores"),
        config::field("memory_gb", &C::memory_gb, "memory one cell needs; null: measured on the cells that have run",
                      config::positive()),
        config::field("retries", &C::retries,
                      "how often a cell that was killed (by the kernel, when memory runs out) is started again",
                      config::not_negative())};
  }
};

/// The work of one launch: cells waiting, processes running, what came of them.
class LocalPool {
 public:
  LocalPool(const LocalConfig& config, const LaunchRequest& request)
      : config_(config), request_(request), processors_(processors()), slots_(slots(config)) {
    for (const Cell& cell : request.cells) waiting_.push_back({&cell, 0});
  }

  LaunchReport run() {
    const InterruptGuard guard;
    while (!stopped() && (!waiting_.empty() || !elsewhere_.empty() || !running_.empty())) {
      reap();
      watch_others();
      start_what_fits();
      board_.update(state());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (!running_.empty()) wind_down();
    board_.finish();
    report_.interrupted_by = interrupt_signal();
    return std::move(report_);
  }

  static size_t slots(const LocalConfig& config) {
    if (config.jobs > 0) return static_cast<size_t>(config.jobs);
    return static_cast<size_t>(std::max<int64_t>(physical_cores() / config.threads, 1));
  }

 private:
  struct Task {
    const Cell* cell;
    int64_t killed;  // times it was killed so far
  };
  struct Running {
    Task task;
    size_t slot;
    CellProcess process;
    Clock::time_point since;
    uint64_t memory = 0;  // at its largest
  };

  const LocalConfig& config_;
  const LaunchRequest& request_;
  std::vector<int> processors_;
  size_t slots_;
  std::deque<Task> waiting_;
  std::deque<Task> elsewhere_;  // other launchers are at work on them
  std::list<Running> running_;
  LaunchReport report_;
  Board board_;
  Clock::time_point begun_ = Clock::now(), looked_{};
  size_t done_ = 0;
  double seconds_of_done_ = 0;
  uint64_t largest_ = 0;  // peak memory of a cell so far
  bool told_memory_ = false;

  bool stopped() const { return interrupt_signal() != 0 || (request_.fail_fast && !report_.problems.empty()); }

  static std::string name(const Cell& cell) { return fmt::format("#{} {}", cell.number, cell.label()); }

  void reap() {
    for (auto at = running_.begin(); at != running_.end();) {
      const auto exit = at->process.ended();
      if (!exit) {
        ++at;
        continue;
      }
      largest_ = std::max({largest_, exit->peak_memory, at->memory});
      settle(at->task, *exit, std::chrono::duration<double>(Clock::now() - at->since).count());
      at = running_.erase(at);
    }
  }

  void settle(Task task, const ChildExit& exit, double seconds) {
    const Cell& cell = *task.cell;
    if (exit.status == kCellDone) {
      ++done_;
      seconds_of_done_ += seconds;
      note_event(request_.folder, "finished", cell.number, format_duration(seconds));
      board_.event(fmt::format("{} finished in {}{}", name(cell), format_duration(seconds), outcome(cell)));
    } else if (exit.status == kCellFound) {
      found(cell);
    } else if (exit.status == kCellBusy) {
      board_.event(fmt::format("{} is another launcher's work just now", name(cell)));
      elsewhere_.push_back(task);
    } else if (exit.status == 128 + SIGKILL && task.killed < config_.retries && !stopped()) {
      ++task.killed;
      note_event(request_.folder, "killed", cell.number, "started again");
      board_.error(
          fmt::format("{} was killed after {} (by the kernel, if memory ran out); it is started again and goes "
                      "on from its last checkpoint",
                      name(cell), format_duration(seconds)));
      waiting_.push_front(task);
    } else if (interrupt_signal() == 0) {
      problem(cell, why(cell, exit));
    }
  }

  void found(const Cell& cell) {
    ++done_;
    board_.event(fmt::format("{} was finished by another launcher{}", name(cell), outcome(cell)));
  }

  void problem(const Cell& cell, const std::string& reason) {
    note_event(request_.folder, "failed", cell.number, reason);
    board_.error(fmt::format("{} failed: {}", name(cell), reason));
    report_.problems.push_back({cell, reason});
  }

  std::string why(const Cell& cell, const ChildExit& exit) const {
    if (exit.status == kCellFailed) {
      const CellStatus status = cell_status(cell.folder, {});
      if (status.state == CellState::failed) return status.reason;
    }
    const std::string log = shown(request_.folder.log(cell.number));
    if (exit.status == kCellFailed || exit.status == kCellMachine)
      return last_error(cell).value_or(fmt::format("see {}", log));
    if (exit.status == 127) return fmt::format("its process could not be started (see {})", log);
    if (exit.status > 128) return fmt::format("killed by signal {} (see {})", exit.status - 128, log);
    return fmt::format("ended with exit code {} (see {})", exit.status, log);
  }

  /// What it said last that was an error.
  std::optional<std::string> last_error(const Cell& cell) const {
    std::optional<std::string> found;
    try {
      for (const std::string& line : split(read_file(request_.folder.log(cell.number)), '\n'))
        if (line.starts_with("error: ")) found = line.substr(7);
    } catch (const Error&) {
    }
    return found;
  }

  static std::string outcome(const Cell& cell) {
    try {
      const auto record = finished_record(cell.folder);
      if (!record || record->eval->table.cells.empty()) return "";
      const EvalTable& table = record->eval->table;
      return fmt::format(": loss {:.3f} at {} tokens", table.at(0, 0, table.lengths.size() - 1).loss,
                         table.lengths.back());
    } catch (const Error& error) {
      return fmt::format(", but {}", error.what());
    }
  }

  /// Cells that another process held: done by now, or free again.
  void watch_others() {
    if (elsewhere_.empty() || Clock::now() - looked_ < std::chrono::milliseconds(500)) return;
    looked_ = Clock::now();
    for (size_t n = elsewhere_.size(); n-- > 0;) {
      const Task task = elsewhere_.front();
      elsewhere_.pop_front();
      const CellStatus status = cell_status(task.cell->folder, {});
      if (status.state == CellState::running) {
        elsewhere_.push_back(task);
      } else if (status.state == CellState::done) {
        found(*task.cell);
      } else if (status.state == CellState::failed) {
        problem(*task.cell, status.reason);
      } else {
        waiting_.push_back(task);
      }
    }
  }

  void start_what_fits() {
    while (!stopped() && !waiting_.empty() && running_.size() < slots_ && memory_allows()) {
      const Task task = waiting_.front();
      waiting_.pop_front();
      const size_t slot = free_slot();
      try {
        running_.push_back({task, slot, CellProcess(request_.folder, task.cell->number, cores(slot)), Clock::now()});
      } catch (const MachineError& error) {
        problem(*task.cell, error.what());
        continue;
      }
      note_event(request_.folder, "started", task.cell->number);
      board_.event(fmt::format("{} started", name(*task.cell)));
    }
  }

  size_t free_slot() const {
    size_t slot = 0;
    while (std::any_of(running_.begin(), running_.end(), [&](const Running& r) { return r.slot == slot; })) ++slot;
    return slot;
  }

  /// The processors of a slot; empty when there are not enough for every slot to have its own.
  std::vector<int> cores(size_t slot) const {
    const auto threads = static_cast<size_t>(config_.threads);
    if (!config_.pin || slots_ * threads > processors_.size()) return {};
    const auto first = processors_.begin() + static_cast<std::ptrdiff_t>(slot * threads);
    return {first, first + static_cast<std::ptrdiff_t>(threads)};
  }

  /// Room for one more, counting what those that run may still take. The first may always try.
  bool memory_allows() {
    if (running_.empty()) return true;
    const uint64_t need = config_.memory_gb ? static_cast<uint64_t>(*config_.memory_gb * 1e9) : largest_seen();
    if (need == 0) return Clock::now() - running_.back().since > std::chrono::seconds(2);  // first see what one takes
    uint64_t promised = need;
    for (Running& running : running_) {
      const auto memory = process_memory(running.process.id());
      if (memory && memory->now < need) promised += need - memory->now;
    }
    const bool fits = available_memory() > promised;
    if (!fits && !told_memory_)
      board_.event(
          fmt::format("{} cells at once: one takes {}, and memory holds no more", running_.size(), format_bytes(need)));
    told_memory_ = told_memory_ || !fits;
    return fits;
  }

  uint64_t largest_seen() {
    for (Running& running : running_) {
      if (const auto memory = process_memory(running.process.id()))
        running.memory = std::max(running.memory, memory->peak);
      largest_ = std::max(largest_, running.memory);
    }
    return largest_;
  }

  BoardState state() const {
    BoardState state;
    state.cells = request_.cells.size() + request_.others;
    state.done = done_ + request_.others;
    state.failed = report_.problems.size();
    state.waiting = waiting_.size();
    state.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    double open = static_cast<double>(waiting_.size());
    for (const Running& running : running_) {
      BoardRow row{running.task.cell->number, running.task.cell->label(), {}, ""};
      if (const auto told = read_progress(request_.folder.progress(row.number))) row.progress = told->state;
      state.running.push_back(std::move(row));
      open += 0.5;
    }
    for (const Task& task : elsewhere_)
      state.running.push_back({task.cell->number, task.cell->label(), {}, "another launcher is at work on it"});
    const double each = done_ > 0 ? seconds_of_done_ / static_cast<double>(done_) : NAN;
    state.seconds_left = each * open / static_cast<double>(slots_);
    return state;
  }

  /// Those that run save and stop; a second signal ends the launcher itself, and them with it.
  void wind_down() {
    board_.finish();
    board_.event(fmt::format("{}: {} running cells save and stop; the same command goes on from there",
                             interrupt_signal() != 0 ? "interrupted" : "a cell failed (--fail-fast)", running_.size()));
    for (const Running& running : running_) running.process.ask_to_stop();
    for (Running& running : running_) {
      std::optional<ChildExit> exit;
      while (!(exit = running.process.ended())) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      note_event(request_.folder, "stopped", running.task.cell->number);
    }
    running_.clear();
  }
};

struct LocalLauncher final : Launcher {
  using Config = LocalConfig;
  LocalConfig config;
  explicit LocalLauncher(LocalConfig wanted) : config(std::move(wanted)) {}

  int64_t threads() const override { return config.threads; }

  LaunchReport launch(const LaunchRequest& request) override { return LocalPool(config, request).run(); }

  std::string plan(const LaunchRequest& request) const override {
    const size_t slots = LocalPool::slots(config);
    return fmt::format("{} cells would run, {} at once, each with {} thread{}\n", request.cells.size(),
                       std::min(slots, std::max<size_t>(request.cells.size(), 1)), config.threads,
                       config.threads == 1 ? "" : "s");
  }
};
REGISTER_LAUNCHER(LocalLauncher, "local", "a pool of processes on this machine");

}  // namespace
}  // namespace lx
