// How the cells of a sweep lie side by side: which swept keys become dimensions, with which values, in which order.
//
// A product of keys is an array with a dimension for each. Keys that go together (zipped lists: each value of one comes
// with one value of the other) share the dimension of the first, and the others are coordinates along it. When the
// array would hold far more holes than cells (a search, a long list of single cells), or when two runs have the same
// coordinates, there is one dimension `cell`, and every key is a coordinate along it. The seed is a dimension of its
// own unless there is only `cell`.
#pragma once

#include "config/node.h"
#include "result/collect.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct GridAxis {
  enum class Type { text, integer, real, boolean };
  std::string key;   // "train.optimizer.lr"
  std::string name;  // "lr"
  Type type = Type::text;
  std::vector<config::Node> values;  // distinct, all of the type; numbers ascending, texts as first mentioned
  std::vector<size_t> of_cell;       // index into values, for each cell
  size_t along = 0;                  // the axis on whose dimension it lies: its own, unless it goes with another
};

struct Grid {
  std::vector<GridAxis> axes;         // swept keys as first mentioned, the seed last
  bool flat = false;                  // one dimension: cell
  std::string layout;                 // a sentence for the file
  std::vector<size_t> dimensions;     // axes that are dimensions; empty when flat
  size_t points = 0;                  // places, holes included
  std::vector<size_t> point_of_cell;  // index into the array, row by row
  std::vector<std::optional<size_t>> cell_of_point;

  std::vector<int64_t> shape() const;
};

/// `values_a_point`: numbers of the largest variable at one place, to keep the arrays within memory.
Grid make_grid(const std::vector<SweepCell>& cells, size_t values_a_point, bool flat);

/// What stands for a value in a column of texts: a text itself, all else as JSON.
std::string coordinate_text(const config::Node& value);

}  // namespace lx
