// The layout of sweep.h5; only store_sweep*.cpp and collect.cpp include this.
#pragma once

#include "result/gather.h"
#include "result/grid.h"
#include "result/hdf5.h"
#include "result/layout.h"

#include <memory>
#include <string>
#include <vector>

namespace lx {

struct SweepTable {
  const SweepDescription& sweep;
  const Gathered& data;
  const Grid& grid;
};

/// The swept dimensions of one group, and the coordinates along them.
struct PlacedAxes {
  std::vector<std::unique_ptr<hdf5::Dataset>> datasets;  // of the dimensions
  layout::Scales scales;                                 // the same
  std::string coordinates;                               // names of the coordinates that are no dimension
};
PlacedAxes place_axes(hdf5::Group& group, const Grid& grid, const std::vector<SweepCell>& cells);
/// One coordinate along one dimension.
hdf5::Dataset write_coordinate(hdf5::Group& group, const GridAxis& axis, const std::vector<config::Node>& values);
/// The values of `axis` for each cell.
std::vector<config::Node> values_by_cell(const GridAxis& axis);

/// Says what the numbers of a `state` mean.
void explain_state(hdf5::Dataset dataset);

void write_sweep_eval(hdf5::Group& root, const SweepTable& table);
void write_sweep_documents(hdf5::Group& root, const SweepTable& table);
void write_sweep_train(hdf5::Group& root, const SweepTable& table);
/// /runs: one row a cell, equal in equal sweeps; /provenance: what may differ between two executions.
void write_sweep_runs(hdf5::Group& root, const SweepTable& table);
void write_sweep_provenance(hdf5::Group& root, const SweepTable& table);

}  // namespace lx
