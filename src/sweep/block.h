// The `sweep` section of an experiment file: which cells there are, when a product on the command line does not say it.
//
//   sweep:
//     product: {encoding: [rope, kna], train.batch: [16, 32]}   # every combination
//     zip:                                                      # these go together, first with first
//       - {length: [64, 128], train.budget.steps: [800, 400]}
//     exclude: [{encoding: kna, length: 128}]                   # combinations that are left out
//     cells: [{encoding: nope, length: 64}]                     # and these besides
//     seeds: 3                                                  # each of them with seed 0, 1, 2; or a list of seeds
#pragma once

#include "config/node.h"

#include <string>
#include <utility>
#include <vector>

namespace lx {

/// One value of one key: the override as a word, its value alone as text, and typed.
struct Setting {
  std::string key, word, text;
  config::Node value;
};

/// Values that are taken together: one setting for a plain axis, several for a zipped one.
using Point = std::vector<Setting>;
/// The points between which one axis chooses.
using Axis = std::vector<Point>;

struct SweepBlock {
  std::vector<Axis> axes;  // of product and zip, in the order written
  std::vector<Point> exclude;
  std::vector<Point> cells;
  Axis seeds;  // empty: none given

  bool empty() const { return axes.empty() && cells.empty() && seeds.empty(); }
};

/// Reads a resolved `sweep` section. Throws Error with the place.
SweepBlock read_sweep_block(const config::Node& section);

/// `value` so that "key=" and this text, read as an override, gives the same value again.
std::string override_value_text(const config::Node& value);

}  // namespace lx
