#include "sweep/search.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "experiment/run.h"
#include "sweep/launcher.h"
#include "sweep/search_objective.h"
#include "sweep/search_results.h"
#include "sweep/work.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

namespace lx {
namespace {

class Search {
 public:
  Search(const ConfigRequest& request, const SweepOptions& options, SearchSpace space)
      : request_(request),
        options_(options),
        space_(std::move(space)),
        plan_(space_.plan),
        launcher_(make_launcher(space_.common.base.config.launcher)) {}

  int run() {
    announce();
    std::vector<int64_t> trials(static_cast<size_t>(space_.config.n_trials));
    std::iota(trials.begin(), trials.end(), int64_t{0});
    for (size_t rung = 0; rung < space_.rungs.size(); ++rung) {
      const std::vector<Cell> cells = planned(rung, trials);
      if (options_.dry_run) return dry_run(cells);
      if (const int stop = launch(rung, cells)) return stop;
      judge(rung, trials, cells);
      if (too_many(0)) return gave_up({});
      trials = best_of(rung);
    }
    return finish();
  }

 private:
  const ConfigRequest& request_;
  const SweepOptions& options_;
  SearchSpace space_;
  SweepPlan plan_;  // with the cells so far
  std::unique_ptr<Launcher> launcher_;
  std::vector<SearchTrial> trials_;            // judged, in order of their cells
  std::map<std::string, std::string> failed_;  // folder of a run -> why it failed

  void announce() const {
    const SearchConfig& config = space_.config;
    log::info("search {}: {}, {} trials, seed {}; {} the {}", plan_.id, space_.sweeper, config.n_trials, config.seed,
              config::enum_name(config.direction), objective_name(config.objective));
    const bool accuracy =
        config.objective.value == SearchValue::accuracy || config.objective.value == SearchValue::accuracy_difference;
    if (accuracy != (config.direction == SearchDirection::maximize))
      log::warning("hydra.sweeper.direction={}: of {} the {} is the better", config::enum_name(config.direction),
                   config::enum_name(config.objective.value), accuracy ? "larger" : "smaller");
    if (space_.rungs.size() < 2) return;
    std::vector<std::string> parts;
    for (const SearchRung& rung : space_.rungs) parts.push_back(fmt::format("{} with {}", rung.trials, *rung.resource));
    log::info("trials with {}: {}", config.resource, join(parts, ", "));
  }

  /// The cells of a rung, checked before the first starts.
  std::vector<Cell> planned(size_t rung, const std::vector<int64_t>& trials) {
    std::vector<Point> points;
    for (const int64_t trial : trials) points.push_back(space_.point(trial, space_.rungs[rung]));
    const auto before = static_cast<std::ptrdiff_t>(plan_.cells.size());
    plan_ = extend_plan(std::move(plan_), request_, space_.common, points);
    std::vector<Cell> cells(plan_.cells.begin() + before, plan_.cells.end());
    for (const Cell& cell : cells) {
      try {
        check_objective(space_.config.objective, cell.run.config);
      } catch (const Error& error) {
        throw Error(fmt::format("trial with {}: {}", cell.label(), error.what()));
      }
    }
    return cells;
  }

  int dry_run(const std::vector<Cell>& cells) const {
    const SweepWork work(cells, options_);
    fmt::print("{}\n{}", dry_run_text(cells),
               launcher_->plan({SweepFolder{plan_.folder}, work.open, work.done, options_.fail_fast}));
    return 0;
  }

  /// Runs what is not done yet, batch by batch. Returns an exit code when the search has to stop, else 0.
  int launch(size_t rung, const std::vector<Cell>& cells) {
    SweepWork work(cells, options_);
    const SweepFolder folder = write_sweep(plan_);
    if (options_.restart) {
      std::error_code none;
      fs::remove(results(), none);
    }
    if (space_.rungs.size() > 1)
      log::info("rung {} of {}: {} trials with {}={}", rung + 1, space_.rungs.size(), cells.size(),
                space_.config.resource, *space_.rungs[rung].resource);
    if (work.done > 0) log::info("{} of {} trials are done already", work.done, cells.size());
    for (const CellProblem& problem : work.failed) {
      log::error("#{} {} failed before: {} (--retry-failed tries it again)", problem.cell.number, problem.cell.label(),
                 problem.reason);
      failed_[problem.cell.folder.path] = problem.reason;
    }
    const auto size = static_cast<size_t>(space_.config.n_jobs.value_or(static_cast<int64_t>(cells.size())));
    for (size_t first = 0; first < work.open.size(); first += size) {
      if (too_many(failed_among(cells))) return gave_up(problems_of(cells));
      const auto begin = work.open.begin() + static_cast<std::ptrdiff_t>(first);
      const auto end = begin + static_cast<std::ptrdiff_t>(std::min(size, work.open.size() - first));
      const LaunchReport report = launcher_->launch({folder, {begin, end}, work.done + first, options_.fail_fast});
      require(!report.left,
              "the launcher leaves its cells to themselves, and a search cannot judge them: the same "
              "command goes on when they are done");
      for (const CellProblem& problem : report.problems) failed_[problem.cell.folder.path] = problem.reason;
      if (report.interrupted_by != 0) return 128 + report.interrupted_by;
      if (options_.fail_fast && !report.problems.empty())
        return tell_problems(report.problems, static_cast<size_t>(space_.config.n_trials));
    }
    return 0;
  }

  int64_t failed_among(const std::vector<Cell>& cells) const {
    return std::count_if(cells.begin(), cells.end(),
                         [&](const Cell& cell) { return failed_.contains(cell.folder.path); });
  }

  /// `more`: failed trials that are not judged yet.
  bool too_many(int64_t more) const {
    const double most = space_.config.max_failure_rate * static_cast<double>(space_.config.n_trials);
    return static_cast<double>(failed_trials(trials_) + more) > most + 1e-9;
  }

  void judge(size_t rung, const std::vector<int64_t>& trials, const std::vector<Cell>& cells) {
    for (size_t n = 0; n < cells.size(); ++n) {
      SearchTrial trial{trials[n], rung, cells[n], {}, ""};
      try {
        const auto record = finished_record(trial.cell.folder);
        if (record && record->eval) trial.value = judged(space_.config.objective, record->eval->table);
        const auto why = failed_.find(trial.cell.folder.path.string());
        if (!trial.value) trial.problem = why == failed_.end() ? "it did not finish" : why->second;
      } catch (const Error& error) {
        trial.problem = error.what();
      }
      trials_.push_back(std::move(trial));
    }
    keep(plan_.folder / "trials.csv", trials_csv(space_, trials_));
  }

  /// Those of a rung that go on to the next.
  std::vector<int64_t> best_of(size_t rung) const {
    std::vector<int64_t> out;
    if (rung + 1 >= space_.rungs.size()) return out;
    std::vector<SearchTrial> here;
    for (const SearchTrial& trial : trials_)
      if (trial.rung == rung && trial.value) here.push_back(trial);
    require(!here.empty(), "no trial of rung {} has finished: there is nothing to go on with (see {})", rung + 1,
            shown(plan_.folder / "trials.csv"));
    sort_trials(here, space_.config.direction);
    const auto most = static_cast<size_t>(space_.rungs[rung + 1].trials);
    for (size_t n = 0; n < std::min(most, here.size()); ++n) out.push_back(here[n].number);
    std::sort(out.begin(), out.end());
    return out;
  }

  /// Another process with the same search may be at this very point.
  void keep(const fs::path& path, const std::string& text) const {
    const auto lock = FileLock::wait_lock(plan_.folder / ".lock", 60);
    if (!lock) throw BusyError(fmt::format("another lx has been writing {} for a minute", shown(plan_.folder)));
    write_file(path, text);
  }

  fs::path results() const { return plan_.folder / "optimization_results.yaml"; }

  std::vector<CellProblem> problems_of(const std::vector<Cell>& cells) const {
    std::vector<CellProblem> problems;
    for (const Cell& cell : cells) {
      const auto why = failed_.find(cell.folder.path.string());
      if (why != failed_.end()) problems.push_back({cell, why->second});
    }
    return problems;
  }

  /// `problems`: of trials that are not judged yet.
  int gave_up(std::vector<CellProblem> problems) const {
    for (const SearchTrial& trial : trials_)
      if (!trial.value) problems.push_back({trial.cell, trial.problem});
    tell_problems(problems, plan_.cells.size());
    log::error(
        "the search stops: hydra.sweeper.max_failure_rate={} allows {} failed trials of {}",
        format_double(space_.config.max_failure_rate),
        static_cast<int64_t>(space_.config.max_failure_rate * static_cast<double>(space_.config.n_trials) + 1e-9),
        space_.config.n_trials);
    return 1;
  }

  int finish() {
    const int64_t failed = failed_trials(trials_);
    require(failed < static_cast<int64_t>(trials_.size()), "no trial has finished (see {})",
            shown(plan_.folder / "trials.csv"));
    keep(results(), optimization_results(space_, trials_));
    fmt::print("\n{}", trials_table(space_, trials_));
    std::vector<SearchTrial> sorted = trials_;
    sort_trials(sorted, space_.config.direction);
    const SearchTrial& best = sorted.front();
    fmt::print("\nbest: {}   ({} {:.6g}, run {})\n", best.cell.label(),
               config::enum_name(space_.config.objective.value), *best.value, best.cell.id.substr(0, 8));
    if (failed > 0)
      log::warning("{} of {} trials failed, which hydra.sweeper.max_failure_rate={} allows: {}", failed,
                   space_.config.n_trials, format_double(space_.config.max_failure_rate),
                   shown(plan_.folder / "trials.csv"));
    fmt::print("search {}: optimization_results.yaml, trials.csv\n", shown(plan_.folder));
    return 0;
  }
};

}  // namespace

std::optional<int> run_search(const ConfigRequest& request, const SweepOptions& options) {
  std::optional<SearchSpace> space = read_search_space(request);
  if (!space) return std::nullopt;
  return Search(request, options, std::move(*space)).run();
}

}  // namespace lx
