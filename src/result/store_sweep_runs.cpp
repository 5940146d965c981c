// /runs and /provenance of sweep.h5: one row a cell.
#include "base/build_info.h"
#include "base/text.h"
#include "result/store_sweep.h"

#include <functional>
#include <limits>

namespace lx {
namespace {

struct SweepRows {
  const SweepTable& table;
  hdf5::Group group;
  std::vector<int64_t> numbers = [this] {
    std::vector<int64_t> out;
    for (const SweepCell& cell : table.data.cells) out.push_back(cell.number);
    return out;
  }();
  hdf5::Dataset cells = layout::number_scale(group, "cell", numbers, "1", "number of the cell in the sweep");

  using Text = std::function<std::string(const SweepCell&, const RunRecord*)>;
  using Number = std::function<int64_t(const RunRecord&)>;
  const RunRecord* record(size_t cell) const {
    return table.data.runs[cell] ? &table.data.runs[cell]->record : nullptr;
  }

  void texts(const std::string& name, const char* long_name, const Text& get) {
    std::vector<std::string> values;
    for (size_t i = 0; i < numbers.size(); ++i) values.push_back(get(table.data.cells[i], record(i)));
    layout::string_variable(group, name, values, {&cells}, long_name);
  }

  void counts(const char* name, const char* units, const char* long_name, const Number& get) {
    std::vector<int64_t> values;
    for (size_t i = 0; i < numbers.size(); ++i) values.push_back(record(i) ? get(*record(i)) : -1);
    layout::variable(group, name, values, {&cells}, units, long_name).set("_FillValue", int64_t{-1});
  }
};

// "fused", or by variant when they differ.
std::string executors_of(const RunRecord& record) {
  if (!record.eval || record.eval->variants.empty()) return "";
  const std::vector<VariantFacts>& variants = record.eval->variants;
  std::string all;
  bool same = true;
  for (const VariantFacts& variant : variants) {
    same = same && variant.executor == variants.front().executor;
    all += (all.empty() ? "" : "; ") + variant.name + ": " + variant.executor;
  }
  return same ? variants.front().executor : all;
}

std::string typed_words(const std::vector<std::string>& words) {
  config::List list;
  for (const std::string& word : words) list.emplace_back(word);
  return to_json(config::Node(std::move(list)));
}

}  // namespace

void write_sweep_runs(hdf5::Group& root, const SweepTable& table) {
  SweepRows rows{table, root.make("runs")};
  std::string coordinates;
  bool has_length = false;
  for (const GridAxis& axis : table.grid.axes) {
    hdf5::Dataset values = write_coordinate(rows.group, axis, values_by_cell(axis));
    values.attach(std::vector<const hdf5::Dataset*>{&rows.cells});
    coordinates += (coordinates.empty() ? "" : " ") + axis.name;
    has_length = has_length || axis.name == "trained_length";
  }
  rows.texts("run", "run id",
             [](const SweepCell& cell, const RunRecord* run) { return run ? run->run_id : cell.run_id; });
  std::vector<uint8_t> states;
  for (const SweepCell& cell : table.data.cells) states.push_back(static_cast<uint8_t>(cell.state));
  explain_state(layout::variable(rows.group, "state", states, {&rows.cells}, "1", "what became of the cell"));
  rows.texts("overrides", "what makes this cell, as JSON",
             [](const SweepCell& cell, const RunRecord*) { return typed_words(cell.overrides); });
  rows.texts("executor", "attention kernel that ran",
             [](const SweepCell&, const RunRecord* run) { return run ? executors_of(*run) : ""; });
  rows.counts("parameters", "1", "numbers the model learned", [](const RunRecord& run) { return run.parameters; });
  if (!has_length) {
    rows.counts("trained_length", "tokens", "tokens in a training window",
                [](const RunRecord& run) { return run.trained_length; });
  }
  rows.counts("events", "1", "events in training, skipped steps for example; run.h5 has them",
              [](const RunRecord& run) { return static_cast<int64_t>(run.train.events.size()); });
  rows.group.set("coordinates", coordinates);
}

void write_sweep_provenance(hdf5::Group& root, const SweepTable& table) {
  SweepRows rows{table, root.make("provenance")};
  rows.group.set("comment", "all that may differ between two executions of the same sweep");
  rows.group.set("sweep", table.sweep.id);
  rows.group.set("folder", table.sweep.folder.string());
  rows.group.set("multirun_yaml", table.sweep.multirun);
  rows.group.set("lx", std::string(build_info::version()));
  rows.group.set("commit", std::string(build_info::commit()));
  rows.texts("folder", "folder of the run",
             [](const SweepCell& cell, const RunRecord*) { return cell.run_file.parent_path().string(); });
  rows.texts("reason", "why it failed", [](const SweepCell& cell, const RunRecord*) { return cell.reason; });
  rows.texts("typed", "what was typed for the run that is kept, as JSON",
             [](const SweepCell&, const RunRecord* run) { return run ? typed_words(run->overrides) : ""; });
  std::vector<double> seconds;
  for (size_t i = 0; i < rows.numbers.size(); ++i) {
    const RunRecord* run = rows.record(i);
    seconds.push_back(run && !run->train.seconds.empty() ? run->train.seconds.back()
                                                         : std::numeric_limits<double>::quiet_NaN());
  }
  layout::variable(rows.group, "seconds", seconds, {&rows.cells}, "s", "wall time spent training");
  for (size_t i = 0; i < rows.numbers.size(); ++i) {
    if (!rows.record(i)) continue;
    for (const auto& fact : rows.record(i)->environment) {
      const std::string& name = fact.first;
      if (rows.group.has(name) || name == "seed") continue;
      rows.texts(name, "environment of the run", [&name](const SweepCell&, const RunRecord* run) -> std::string {
        if (!run) return "";
        for (const auto& [key, value] : run->environment) {
          if (key == name) return value;
        }
        return "";
      });
    }
  }
}

}  // namespace lx
