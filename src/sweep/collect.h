// A sweep's cells, or any runs, collected into one sweep.h5 with its rows beside it.
#pragma once

#include "result/collect.h"
#include "sweep/folder.h"

#include <string>
#include <vector>

namespace lx {

struct CollectRequest {
  fs::path output;        // empty: sweep.h5 in the sweep's folder; of single runs, in the current one
  bool flat = false;      // one dimension `cell`
  bool documents = true;  // means by document, from the per-token scores
};

/// Collects what there is now: cells that are not done are holes.
CollectOutcome collect(const SweepFolder& folder, const CollectRequest& request = {});

/// Makes a sweep of finished runs: what differs in their configurations is what was swept. `words` as find_run() takes
/// them. Throws Error when one is not finished.
CollectOutcome collect_runs(const std::vector<std::string>& words, const CollectRequest& request = {});

/// The cells of a sweep as collect() takes them: each with a value for every swept key that it has.
std::vector<SweepCell> swept_cells(const SweepFolder& folder);

/// Finished runs as cells: what differs in their configurations is what was swept. Throws Error as collect_runs().
std::vector<SweepCell> swept_runs(const std::vector<std::string>& words);

/// What all of them have alike.
config::Node shared_settings(const std::vector<const config::Node*>& configs);

/// Three sentences for the terminal: what was written, how complete it is, how to open it.
std::string describe(const CollectOutcome& outcome);

}  // namespace lx
