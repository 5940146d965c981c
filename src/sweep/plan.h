// From a command line to the cells of a sweep, in order, each composed and checked before the first starts.
#pragma once

#include "config/sweep.h"
#include "sweep/block.h"
#include "sweep/cell.h"

#include <string>
#include <vector>

namespace lx {

struct SweepPlan {
  std::string id;  // 12 hex digits of the runs in it, in order; of a search of its definition
  fs::path folder;
  std::vector<Cell> cells;
  std::vector<std::string> keys;  // swept, in order of first mention
  ResolvedRun base;               // the first cell's settings without those of the cells
  bool grows = false;             // a search: more cells may follow
};

/// The axes of a command line, without composing any cell: what -m, hydra.sweeper.params and the `sweep` section say.
struct SweepAxes {
  std::vector<std::string> files;  // experiment files, the same for every cell
  std::vector<Axis> axes;          // in order; the last changes fastest
  SweepBlock block;                // its cells and exclusions; its axes and seeds are in `axes`
  ResolvedRun base;
};
SweepAxes sweep_axes_of(const ConfigRequest& request);

/// What hydra.sweeper.params and the overrides say key by key, intervals included; experiment files go to `files`.
std::vector<config::SweepAxis> typed_axes(const ConfigRequest& request, std::vector<std::string>& files);

/// One value of an axis.
Setting setting_of(const config::SweepAxis& axis, const std::string& text);

/// `over` replaces settings of the same keys, or comes last.
Point laid_over(Point point, const Point& over);

/// Does this command line, or the experiment it names, ask for more than one run, or for another machine?
bool asks_for_sweep(const ResolvedRun& run);

/// Throws Error, with the coordinates of the cell, for anything that would stop one of them before it trains.
SweepPlan plan_sweep(const ConfigRequest& request);

/// The same for points that a search chose: they become cells behind those that `plan` has. Its base, id and keys are
/// known before.
SweepPlan extend_plan(SweepPlan plan, const ConfigRequest& request, const SweepAxes& axes,
                      const std::vector<Point>& points);

}  // namespace lx
