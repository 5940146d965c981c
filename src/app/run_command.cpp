#include "app/run_command.h"

#include "app/completion_command.h"
#include "app/config_flags.h"
#include "app/run_inspect.h"
#include "base/error.h"
#include "experiment/run.h"
#include "sweep/plan.h"
#include "sweep/sweep.h"

#include <cstdio>
#include <utility>
#include <vector>

namespace lx {
namespace {

SweepOptions sweep_options(const Arguments& arguments) {
  return {.restart = arguments.has("restart"),
          .retry_failed = arguments.has("retry-failed"),
          .fail_fast = arguments.has("fail-fast"),
          .dry_run = arguments.has("dry-run")};
}

void refuse_sweep_flags(const Arguments& arguments) {
  for (const char* flag : {"retry-failed", "fail-fast", "dry-run"})
    if (arguments.has(flag)) throw UsageError(fmt::format("--{} goes with a sweep (--multirun)", flag));
}

int run_words(const Arguments& arguments) {
  const ConfigRequest request = config_request(arguments);
  if (const auto code = inspect_run(arguments, request)) return *code;
  if (const auto what = arguments.get("shell-completion")) return shell_completion(*what);
  if (arguments.has("multirun")) return run_sweep(request, sweep_options(arguments));
  const ResolvedRun run = make_run_config(request);
  if (asks_for_sweep(run) && !arguments.has("run")) return run_sweep(request, sweep_options(arguments));
  refuse_sweep_flags(arguments);
  const RunOutcome outcome = run_experiment(run, {.restart = arguments.has("restart")});
  return outcome.interrupted_by == 0 ? 0 : 128 + outcome.interrupted_by;
}

std::vector<Flag> run_flags() {
  std::vector<Flag> flags{
      {"restart", "", "", "forget an earlier run of the same configuration"},
      {"multirun", "m", "", "several values (encoding=rope,kna): each is run, one table at the end"},
      {"run", "r", "", "one run, though the configuration asks for a sweep"},
      {"retry-failed", "", "", "sweep: also the cells that failed before"},
      {"fail-fast", "", "", "sweep: stop at the first cell that fails"},
      {"dry-run", "", "", "sweep: print the cells and what would be done"},
      {"shell-completion", "sc", "install=|uninstall=|query=", "Tab: lx run -sc install=bash prints what to evaluate"}};
  const std::vector<Flag> looking = inspection_flags();
  flags.insert(flags.end(), looking.begin(), looking.end());
  return with_config_flags(std::move(flags));
}

}  // namespace

Command run_command() {
  return {
      "run",
      "lx run [EXPERIMENT.yaml] [KEY=VALUE ...]",
      "train a model short, score it long, print the table",
      "Without arguments it runs the default experiment (configs/run.yaml). The same command again goes on where it "
      "was\n"
      "stopped, or reads out what is finished.\n\n"
      "  lx run seed=1 length=64\n  lx run encoding=hwfa train.budget.steps=500\n  lx run data=path "
      "data.path=~/books\n"
      "  lx run experiments/mine/longer.yaml\n  lx run -m encoding=rope,kna,alibi seed=0,1",
      run_flags(),
      run_words,
      true,
      [](const Arguments& arguments, const std::string& flags) {
        return run_help(arguments, config_request(arguments), flags);
      }};
}

}  // namespace lx
