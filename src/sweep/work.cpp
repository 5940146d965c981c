#include "sweep/work.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "report/table.h"

#include <set>

namespace lx {
namespace {

void forget_run(const Cell& cell) {
  if (!fs::exists(cell.folder.path)) return;
  const auto lock = FileLock::try_lock(cell.folder.lock());
  if (!lock)
    throw BusyError(fmt::format("another lx is at work on {}: --restart would take its run away", cell.label()));
  for (const auto& entry : fs::directory_iterator(cell.folder.path))
    if (entry.path().filename() != ".lock") fs::remove_all(entry.path());
}

}  // namespace

SweepWork::SweepWork(const std::vector<Cell>& cells, const SweepOptions& options) {
  std::set<std::string> seen;
  for (const Cell& cell : cells) {
    if (!seen.insert(cell.folder.path.string()).second) continue;
    if (options.restart && !options.dry_run) forget_run(cell);
    const CellStatus status = cell_status(cell.folder, {});
    const bool again = options.restart || options.retry_failed;
    if (status.state == CellState::done && !options.restart) {
      ++done;
    } else if (status.state == CellState::failed && !again) {
      failed.push_back({cell, status.reason});
    } else {
      partial += status.state == CellState::partial;
      running += status.state == CellState::running;
      open.push_back(cell);
    }
  }
}

int tell_problems(const std::vector<CellProblem>& problems, size_t cells) {
  if (problems.empty()) return 0;
  std::string text = fmt::format("{} of {} cells failed:", problems.size(), cells);
  for (const CellProblem& problem : problems)
    text += fmt::format("\n  #{} {}: {}", problem.cell.number, problem.cell.label(), problem.reason);
  log::error("{}", text);
  return 1;
}

std::string dry_run_text(const std::vector<Cell>& cells) {
  Table table({"cell", "run", "state", "overrides"}, 4);
  for (const Cell& cell : cells) {
    const CellStatus status = cell_status(cell.folder, {});
    table.row({std::to_string(cell.number), cell.id.substr(0, 8), std::string(cell_state_name(status.state)),
               join(cell.overrides, " ")});
  }
  return table.text();
}

}  // namespace lx
