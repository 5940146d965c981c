#include "sweep/sweep.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "experiment/run.h"
#include "report/matrix_report.h"
#include "report/table.h"
#include "sweep/collect.h"
#include "sweep/compare.h"
#include "sweep/launcher_choice.h"
#include "sweep/search.h"
#include "sweep/slurm_status.h"
#include "sweep/work.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace lx {
namespace {

std::string lx_command() {
  const char* typed = std::getenv("LX_COMMAND");  // how the user calls us: scripts/lx sets it
  return typed && *typed ? typed : "lx";
}

void announce(const SweepPlan& plan, const SweepWork& work) {
  std::string line = fmt::format("sweep {}: {} cell{}", plan.id, plan.cells.size(), plan.cells.size() == 1 ? "" : "s");
  if (!plan.keys.empty()) line += " over " + join(plan.keys, ", ");
  const size_t runs = work.done + work.failed.size() + work.open.size();
  if (runs < plan.cells.size()) line += fmt::format(" ({} different runs)", runs);
  if (work.done > 0) line += fmt::format("; {} done already", work.done);
  if (work.partial > 0) line += fmt::format("; {} go on where they were stopped", work.partial);
  if (work.running > 0) line += fmt::format("; {} are another launcher's work just now", work.running);
  log::info("{}", line);
}

/// Rows of the matrix: cells that differ in the seed only are one row.
struct SweepMatrix {
  std::vector<std::string> keys;
  std::vector<MatrixRow> rows;

  explicit SweepMatrix(const SweepPlan& plan) {
    for (const std::string& key : plan.keys)
      if (key != "seed") keys.push_back(key);
    if (keys.empty()) keys.push_back(plan.keys.empty() ? "run" : "seed");
    for (const Cell& cell : plan.cells) {
      try {
        if (auto record = finished_record(cell.folder)) row_of(cell).records.push_back(std::move(*record));
      } catch (const Error& error) {
        log::warning("{}: {}", cell.label(), error.what());
      }
    }
  }

  MatrixRow& row_of(const Cell& cell) {
    std::vector<std::string> labels;
    for (const std::string& key : keys) labels.push_back(cell.value_text(key));
    if (keys[0] == "run" || keys[0] == "seed") labels = {keys[0] == "seed" ? "all" : "as given"};
    for (MatrixRow& row : rows)
      if (row.labels == labels) return row;
    return rows.emplace_back(MatrixRow{std::move(labels), {}});
  }
};

void print_matrix(const SweepPlan& plan) {
  const SweepMatrix matrix(plan);
  if (!matrix.rows.empty()) fmt::print("\n{}", render_matrix(matrix.rows, matrix.keys));
}

/// Systems against the first of them; nothing to say of a single one.
void compare_quietly(const SweepFolder& folder) {
  try {
    const SweptSystems swept = read_systems(swept_cells(folder));
    if (swept.systems.size() > 1) fmt::print("\n{}", compare_systems(swept));
  } catch (const Error& error) {
    log::warning("{} (`lx compare {}` tries it again)", error.what(), shown(folder.path));
  }
}

/// The runs are what counts: trouble with the file of all of them is no failure of the sweep.
void collect_quietly(const SweepFolder& folder) {
  try {
    fmt::print("\n{}", describe(collect(folder)));
  } catch (const Error& error) {
    log::warning("{} (`lx collect {}` tries it again)", error.what(), shown(folder.path));
  }
}

}  // namespace

int run_sweep(const ConfigRequest& request, const SweepOptions& options) {
  if (const auto code = run_search(request, options)) return *code;
  const SweepPlan plan = plan_sweep(request);
  const SweepWork work(plan.cells, options);
  announce(plan, work);
  const auto launcher = launcher_of(plan.base);
  LaunchRequest launch{SweepFolder{plan.folder}, work.open, work.done, options.fail_fast};
  if (options.dry_run) {
    fmt::print("{}\n{}", dry_run_text(plan.cells), launcher->plan(launch));
    return 0;
  }
  launch.folder = write_sweep(plan);
  for (const CellProblem& problem : work.failed)
    log::error("#{} {} failed before: {} (--retry-failed tries it again)", problem.cell.number, problem.cell.label(),
               problem.reason);
  LaunchReport report = work.open.empty() ? LaunchReport{} : launcher->launch(launch);
  if (report.left) return report.interrupted_by != 0 ? 128 + report.interrupted_by : 0;
  print_matrix(plan);
  compare_quietly(launch.folder);
  collect_quietly(launch.folder);
  report.problems.insert(report.problems.begin(), work.failed.begin(), work.failed.end());
  fmt::print("\nsweep {}   ({} sweep --status {} shows its cells)\n", shown(plan.folder), lx_command(), plan.id);
  const int failed = tell_problems(report.problems, plan.cells.size());
  return report.interrupted_by != 0 ? 128 + report.interrupted_by : failed;
}

int show_sweep(const std::string& word) {
  const SweepFolder folder = find_sweep(word);
  const std::vector<Cell> cells = read_cells(folder);
  Table table({"cell", "settings", "run", "state", "what"}, 5);
  SlurmView slurm(folder, cells);
  size_t done = 0;
  for (const Cell& cell : cells) {
    const CellStatus status = cell_status(cell.folder, folder.progress(cell.number));
    done += status.state == CellState::done;
    std::string state(cell_state_name(status.state));
    std::string what = !status.reason.empty() ? status.reason
                       : status.progress      ? progress_line(status.progress->state, 70, false)
                                              : "";
    slurm.refine(cell, status.state, state, what);
    table.row({std::to_string(cell.number), cell.label(), cell.id.substr(0, 8), state, what});
  }
  fmt::print("{}: {} of {} cells done\n\n{}{}", shown(folder.path), done, cells.size(), table.text(), slurm.footnote());
  return 0;
}

}  // namespace lx
