// Swept keys as dimensions and coordinates.
#include "result/store_sweep.h"

#include <array>

namespace lx {
namespace {

constexpr std::array<uint8_t, 4> kStates{0, 1, 2, 3};  // SweptState

template <class T, class Get>
std::vector<T> numbers_of(const std::vector<config::Node>& values, Get get) {
  std::vector<T> out;
  for (const config::Node& value : values) out.push_back(static_cast<T>((value.*get)()));
  return out;
}

// What the axis is at each value of the axis on whose dimension it lies.
std::vector<config::Node> values_along(const Grid& grid, const GridAxis& axis) {
  const GridAxis& dimension = grid.axes[axis.along];
  std::vector<config::Node> out(dimension.values.size());
  for (size_t i = 0; i < axis.of_cell.size(); ++i) out[dimension.of_cell[i]] = axis.values[axis.of_cell[i]];
  return out;
}

}  // namespace

hdf5::Dataset write_coordinate(hdf5::Group& group, const GridAxis& axis, const std::vector<config::Node>& values) {
  using config::Node;
  const auto write = [&]() -> hdf5::Dataset {
    switch (axis.type) {
      case GridAxis::Type::text:
        break;
      case GridAxis::Type::integer:
        return group.write(axis.name, numbers_of<int64_t>(values, &Node::integer));
      case GridAxis::Type::real:
        return group.write(axis.name, numbers_of<double>(values, &Node::real));
      case GridAxis::Type::boolean: {
        hdf5::Dataset flags = group.write(axis.name, numbers_of<uint8_t>(values, &Node::boolean));
        flags.set("dtype", "bool");  // xarray's own mark: HDF5's booleans are dropped by netCDF
        return flags;
      }
    }
    std::vector<std::string> texts;
    for (const Node& value : values) texts.push_back(value.string());
    return group.write_strings(axis.name, texts, {static_cast<int64_t>(texts.size())});
  };
  hdf5::Dataset dataset = write();
  dataset.set("long_name", "swept: " + axis.key);
  dataset.set("key", axis.key);
  return dataset;
}

std::vector<config::Node> values_by_cell(const GridAxis& axis) {
  std::vector<config::Node> out;
  for (const size_t value : axis.of_cell) out.push_back(axis.values[value]);
  return out;
}

PlacedAxes place_axes(hdf5::Group& group, const Grid& grid, const std::vector<SweepCell>& cells) {
  PlacedAxes out;
  std::vector<const hdf5::Dataset*> of_axis(grid.axes.size());
  const auto keep = [&](hdf5::Dataset dataset) {
    out.datasets.push_back(std::make_unique<hdf5::Dataset>(std::move(dataset)));
    out.scales.push_back(out.datasets.back().get());
    return out.scales.back();
  };
  if (grid.flat) {
    std::vector<int64_t> numbers;
    for (const SweepCell& cell : cells) numbers.push_back(cell.number);
    keep(layout::number_scale(group, "cell", numbers, "1", "number of the cell in the sweep"));
  }
  for (const size_t d : grid.dimensions) {
    hdf5::Dataset scale = write_coordinate(group, grid.axes[d], grid.axes[d].values);
    scale.make_scale(grid.axes[d].name);
    of_axis[d] = keep(std::move(scale));
  }
  for (size_t i = 0; i < grid.axes.size(); ++i) {
    const GridAxis& axis = grid.axes[i];
    if (of_axis[i]) continue;
    hdf5::Dataset values = write_coordinate(group, axis, grid.flat ? values_by_cell(axis) : values_along(grid, axis));
    values.attach(std::array{grid.flat ? out.scales.front() : of_axis[axis.along]});
    out.coordinates += (out.coordinates.empty() ? "" : " ") + axis.name;
  }
  return out;
}

void explain_state(hdf5::Dataset dataset) {
  dataset.set("flag_values", std::span<const uint8_t>(kStates));
  dataset.set("flag_meanings", "not_in_sweep done failed pending");
}

}  // namespace lx
