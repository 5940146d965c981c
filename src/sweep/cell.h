// One cell of a sweep: a run with its coordinates, and how far it has come.
#pragma once

#include "experiment/run_config.h"
#include "experiment/run_folder.h"
#include "report/progress.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lx {

/// Swept key -> value, in the order in which the keys were first named.
using Coordinates = std::vector<std::pair<std::string, config::Node>>;

struct Cell {
  int64_t number = 0;
  std::vector<std::string> overrides;  // all of them, as Hydra prints a job's
  Coordinates coordinates;             // what tells it from the others
  std::string id;                      // of the run: cells that come to the same thing share it
  RunFolder folder;
  ResolvedRun run;

  /// "encoding=rope seed=1": the coordinates for a person; "the only cell" when nothing varies.
  std::string label() const;
  /// The value of one swept key; "" where this cell does not name it.
  std::string value_text(const std::string& key) const;
};

enum class CellState {
  waiting,  // nothing there yet
  partial,  // stopped on the way: goes on from its last checkpoint
  running,  // some process is at work on it
  done,
  failed  // by a mistake of its own, which trying again would repeat
};
std::string_view cell_state_name(CellState state);

struct CellStatus {
  CellState state = CellState::waiting;
  std::string reason;                      // of a failed one
  std::optional<ProgressReport> progress;  // of one that is running or partial
};

/// Looks at what is on disk; nothing is remembered, so that nothing can disagree with it.
CellStatus cell_status(const RunFolder& run, const fs::path& progress_file);

/// Why a cell failed, kept beside its run until it is tried again. Failing to keep it is no failure.
void note_failure(const RunFolder& run, const std::string& reason);
void forget_failure(const RunFolder& run);

}  // namespace lx
