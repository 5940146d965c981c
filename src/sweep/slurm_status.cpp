#include "sweep/slurm_status.h"

#include "base/error.h"
#include "base/log.h"

namespace lx {

SlurmView::SlurmView(const SweepFolder& folder, const std::vector<Cell>& cells) : folder_(folder) {
  if (!has_slurm_notes(folder)) return;
  try {
    const auto tasks = slurm_tasks(folder, static_cast<int64_t>(cells.size()));
    for (const Cell& cell : cells)
      if (const auto task = tasks.find(cell.number); task != tasks.end())
        tasks_.emplace(cell.folder.path.string(), task->second);
  } catch (const Error& error) {
    log::warning("{}; this is what the files tell", error.what());
  }
}

void SlurmView::refine(const Cell& cell, CellState on_disk, std::string& state, std::string& what) {
  const auto found = tasks_.find(cell.folder.path.string());
  if (found == tasks_.end() || on_disk == CellState::done) return;
  const SlurmTask& task = found->second;
  const std::string waits = task.reason.empty() || task.reason == "None" ? "" : ": " + task.reason;
  if (task.active && on_disk != CellState::running) {
    const bool runs = task.state != "PENDING";  // it starts or ends just now
    state = runs ? "running" : "queued";
    what = runs ? fmt::format("job {}: {}", task.job, task.state) : fmt::format("job {}{}", task.job, waits);
  } else if (!task.active && (on_disk == CellState::waiting || on_disk == CellState::partial)) {
    state = "lost";
    what = lost_task_text(task);
    ++lost_;
  }
}

std::string SlurmView::footnote() const {
  if (lost_ == 0) return "";
  return fmt::format(
      "\nlost: the command that started the sweep submits them again, and they go on; logs: {}/TASK.log\n",
      shown(folder_.logs()));
}

}  // namespace lx
