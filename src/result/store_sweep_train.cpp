// /train of sweep.h5: how the training of each cell ended, and its validations.
#include "result/store_sweep.h"

#include <limits>

namespace lx {
namespace {

struct SweepTrain {
  static constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  const SweepTable& table;
  hdf5::Group group;
  PlacedAxes axes = place_axes(group, table.grid, table.data.cells);

  template <class Visit>
  void each(const Visit& visit) const {
    for (size_t i = 0; i < table.data.cells.size(); ++i) {
      if (table.data.runs[i]) visit(table.grid.point_of_cell[i], table.data.runs[i]->record.train);
    }
  }

  void last(const char* name, std::vector<double> TrainHistory::*member, const char* units, const char* long_name) {
    std::vector<double> values(table.grid.points, kNothing);
    each([&](size_t point, const TrainHistory& train) {
      if (!(train.*member).empty()) values[point] = (train.*member).back();
    });
    layout::variable(group, name, values, axes.scales, units, long_name);
  }

  void last(const char* name, std::vector<int64_t> TrainHistory::*member, const char* units, const char* long_name) {
    std::vector<int64_t> values(table.grid.points, -1);
    each([&](size_t point, const TrainHistory& train) {
      if (!(train.*member).empty()) values[point] = (train.*member).back();
    });
    layout::variable(group, name, values, axes.scales, units, long_name).set("_FillValue", int64_t{-1});
  }

  void curve(const char* name, const hdf5::Dataset& steps, std::vector<double> TrainHistory::*member, const char* units,
             const char* long_name) {
    const std::vector<int64_t>& all = table.data.steps;
    std::vector<double> values(table.grid.points * all.size(), kNothing);
    each([&](size_t point, const TrainHistory& train) {
      for (size_t k = 0; k < train.valid_step.size(); ++k) {
        values[point * all.size() + place_of(all, train.valid_step[k])] = (train.*member)[k];
      }
    });
    layout::Scales scales = axes.scales;
    scales.push_back(&steps);
    layout::variable(group, name, values, scales, units, long_name);
  }

  void write() {
    last("final_loss", &TrainHistory::loss, "nats/token", "training loss of the last step's batch");
    last("final_valid_loss", &TrainHistory::valid_loss, "nats/token", "last validation loss, at the trained length");
    last("final_valid_accuracy", &TrainHistory::valid_accuracy, "1", "accuracy of the last validation");
    last("tokens", &TrainHistory::tokens, "tokens", "tokens trained on");
    last("steps", &TrainHistory::step, "steps", "optimizer steps done");
    if (!table.data.steps.empty()) {
      const hdf5::Dataset steps =
          layout::number_scale(group, "step", table.data.steps, "steps", "optimizer steps done");
      curve("valid_loss", steps, &TrainHistory::valid_loss, "nats/token", "validation loss at the trained length");
      curve("valid_accuracy", steps, &TrainHistory::valid_accuracy, "1",
            "fraction of validation targets that were the likeliest token");
    }
    if (!axes.coordinates.empty()) group.set("coordinates", axes.coordinates);
  }
};

}  // namespace

void write_sweep_train(hdf5::Group& root, const SweepTable& table) {
  if (table.data.any()) SweepTrain{table, root.make("train")}.write();
}

}  // namespace lx
