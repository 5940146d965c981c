// The folder of one sweep: what it consists of, and what its launchers said while they worked.
//   multirun.yaml    the configuration it was made from, references as written
//   cells.jsonl      one line a cell: number, run, folder, overrides, coordinates, whole configuration
//   cells/N          a link to the folder of that cell's run
//   logs/N.log       what the process of that cell printed;  logs/N.progress: how far it is
//   events.jsonl     started, finished, failed ...: when, by which launcher
#pragma once

#include "sweep/plan.h"

#include <string>
#include <vector>

namespace lx {

struct SweepFolder {
  fs::path path;
  fs::path cells() const { return path / "cells.jsonl"; }
  fs::path links() const { return path / "cells"; }
  fs::path logs() const { return path / "logs"; }
  fs::path log(int64_t cell) const { return logs() / (std::to_string(cell) + ".log"); }
  fs::path progress(int64_t cell) const { return logs() / (std::to_string(cell) + ".progress"); }
  fs::path events() const { return path / "events.jsonl"; }
  fs::path hydra() const { return path / "multirun.yaml"; }
};

/// Writes what is not there yet; the same sweep again changes nothing.
SweepFolder write_sweep(const SweepPlan& plan);

/// Reads the cells back. Throws Error when the folder is no sweep, or damaged.
std::vector<Cell> read_cells(const SweepFolder& folder);
Cell read_cell(const SweepFolder& folder, int64_t number);

/// A sweep's folder, the first digits of its id below `output`, or "last". Throws Error that says what was looked for.
SweepFolder find_sweep(const std::string& word, const std::string& output = "results");

/// Appends one event. A disk that is full keeps no events and stops nothing.
void note_event(const SweepFolder& folder, const std::string& what, int64_t cell, const std::string& detail = "");

}  // namespace lx
