#include "experiment/matrix.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/sweep.h"
#include "report/matrix_report.h"
#include "result/store.h"

#include <cstdio>

namespace lx {
namespace {

struct MatrixJob {
  std::string what;    // the overrides that tell it from the others
  std::string values;  // the same without their keys
  ResolvedRun run;
};

struct MatrixPlan {
  std::vector<MatrixJob> jobs;
  std::string varied;  // the keys

  explicit MatrixPlan(const ConfigRequest& request) {
    const auto axes = config::sweep_axes({}, request.overrides, [&](const std::string& group) {
      const bool usual = request.search_path.empty();
      return config::options(usual ? std::vector{project_folder() / "configs"} : request.search_path, group);
    });
    for (const auto& overrides : config::sweep_product(axes)) {
      std::vector<std::string> varying, keys, values;
      for (size_t n = 0; n < overrides.size(); ++n) {
        if (!axes[n].is_sweep()) continue;
        const size_t equals = overrides[n].find('=');
        varying.push_back(overrides[n]);
        keys.push_back(overrides[n].substr(0, equals));
        values.push_back(overrides[n].substr(equals + 1));
      }
      varied = keys.empty() ? "run" : join(keys, " ");
      ConfigRequest one = request;
      one.overrides = overrides;
      const std::string what = varying.empty() ? "as given" : join(varying, " ");
      try {
        jobs.push_back({what, values.empty() ? what : join(values, " "), make_run_config(one)});
      } catch (const Error& error) {
        throw Error(fmt::format("{}: {}", what, error.what()));
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
    log::info("run {} of {}: {}", n + 1, plan.jobs.size(), job.what);
    try {
      const RunOutcome outcome = run_experiment(job.run, options);
      if (outcome.interrupted_by != 0) return 128 + outcome.interrupted_by;
      rows.push_back({job.values, read_run(outcome.folder.results(), PerToken::skip)});
    } catch (const Error& error) {
      log::error("{}: {}", job.what, error.what());
      failures.push_back(job.what);
    }
  }
  if (!rows.empty()) fmt::print("\n{}", render_matrix(rows, plan.varied));
  if (failures.empty()) return 0;
  log::error("{} of {} runs failed: {}", failures.size(), plan.jobs.size(), join(failures, "; "));
  return 1;
}

}  // namespace lx
