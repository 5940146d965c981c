#include "experiment/matrix.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/sweep.h"
#include "report/matrix_report.h"
#include "result/store.h"

#include <cstdio>

namespace lx {
namespace {

struct MatrixJob {
  std::string label;
  ResolvedRun run;
};

struct MatrixPlan {
  std::vector<MatrixJob> jobs;

  explicit MatrixPlan(const ConfigRequest& request) {
    const auto lists = config::expand_sweep(request.overrides);
    for (const auto& overrides : lists) {
      std::vector<std::string> varying;
      for (size_t n = 0; n < overrides.size(); ++n)
        if (overrides[n] != request.overrides[n]) varying.push_back(overrides[n]);
      ConfigRequest one = request;
      one.overrides = overrides;
      const std::string label = varying.empty() ? "as given" : join(varying, " ");
      try {
        jobs.push_back({label, make_run_config(one)});
      } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", label, error.what()));
      }
    }
  }
};

}  // namespace

int run_matrix(const ConfigRequest& request, const RunOptions& options) {
  const MatrixPlan plan(request);
  std::vector<MatrixRow> rows;
  std::vector<std::string> failures;
  for (size_t n = 0; n < plan.jobs.size(); ++n) {
    const MatrixJob& job = plan.jobs[n];
    log::info("run {} of {}: {}", n + 1, plan.jobs.size(), job.label);
    try {
      const RunOutcome outcome = run_experiment(job.run, options);
      if (outcome.interrupted_by != 0) return 128 + outcome.interrupted_by;
      rows.push_back({job.label, read_run(outcome.folder.results(), PerToken::skip)});
    } catch (const Error& error) {
      log::error("{}: {}", job.label, error.what());
      failures.push_back(job.label);
    }
  }
  if (!rows.empty()) fmt::print("\n{}", render_matrix(rows));
  if (failures.empty()) return 0;
  log::error("{} of {} runs failed: {}", failures.size(), plan.jobs.size(), join(failures, "; "));
  return 1;
}

}  // namespace lx
