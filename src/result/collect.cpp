#include "result/collect.h"

#include "base/build_info.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "result/gather.h"
#include "result/grid.h"
#include "result/hdf5.h"
#include "result/rows.h"
#include "result/store_sweep.h"

namespace lx {
namespace {

constexpr int64_t kSweepSchemaVersion = 1;

// Where results go is no part of what two equal sweeps share.
std::string shared_yaml(config::Node shared) {
  if (shared.is_map()) shared.map().erase("output");
  return config::to_yaml(shared);
}

// Names what a sweep consists of, wherever it lies: its own id speaks of folders, too.
std::string runs_hash(const std::vector<SweepCell>& cells) {
  std::string all;
  for (const SweepCell& cell : cells) all += cell.run_id + "\n";
  return hash_hex(all).substr(0, 12);
}

void write_header(hdf5::File& file, const SweepTable& table, const CollectOutcome& outcome) {
  file.set("Conventions", "CF-1.8");
  file.set("schema", "lx.sweep");
  file.set("schema_version", kSweepSchemaVersion);
  file.set("title", "one sweep of lx: the evaluation and training of every cell, by swept key");
  file.set("runs", runs_hash(table.data.cells));
  file.set("experiment", table.sweep.experiment);
  file.set("layout", table.grid.layout);
  std::vector<std::string> names, keys;
  for (const GridAxis& axis : table.grid.axes) {
    names.push_back(axis.name);
    keys.push_back(axis.key);
  }
  file.set("dimensions", std::span<const std::string>(outcome.names));
  file.set("names", std::span<const std::string>(names));
  file.set("keys", std::span<const std::string>(keys));
  file.set("cells", outcome.cells);
  file.set("done", outcome.done);
  file.set("failed", outcome.failed);
  file.set("pending", outcome.pending);
  file.set("lx", std::string(build_info::version()));
  file.set("config_yaml", shared_yaml(table.sweep.shared));
}

// How a Python programmer writes a coordinate.
std::string python_value(const config::Node& value) {
  if (value.kind() == config::Node::Kind::boolean) return value.boolean() ? "True" : "False";
  if (!value.is_string()) return coordinate_text(value);
  return value.string().find_first_of("'\\") == std::string::npos ? "'" + value.string() + "'" : to_json(value);
}

void describe_grid(const Grid& grid, const Gathered& data, CollectOutcome& outcome) {
  size_t shown_cell = 0;  // the example shows a cell that has numbers
  while (shown_cell + 1 < data.cells.size() && !data.runs[shown_cell]) ++shown_cell;
  std::vector<std::string> example;
  if (grid.flat) {
    outcome.names = {"cell"};
    outcome.dimensions = {fmt::format("cell ({})", grid.points)};
    example = {fmt::format("cell={}", data.cells[shown_cell].number)};
  }
  for (const size_t d : grid.dimensions) {
    const GridAxis& axis = grid.axes[d];
    outcome.names.push_back(axis.name);
    outcome.dimensions.push_back(fmt::format("{} ({})", axis.name, axis.values.size()));
    example.push_back(axis.name + "=" + python_value(axis.values[axis.of_cell[shown_cell]]));
  }
  outcome.example = join(example, ", ");
}

void count(const std::vector<SweepCell>& cells, CollectOutcome& outcome) {
  outcome.cells = static_cast<int64_t>(cells.size());
  for (const SweepCell& cell : cells) {
    if (cell.state == SweptState::done) ++outcome.done;
    if (cell.state == SweptState::failed) ++outcome.failed;
    if (cell.state == SweptState::pending) ++outcome.pending;
  }
}

}  // namespace

CollectOutcome collect_sweep(const SweepDescription& sweep, std::vector<SweepCell> cells,
                             const CollectOptions& options) {
  require(!cells.empty(), "the sweep {} has no cell: there is nothing to collect", shown(sweep.folder));
  const Gathered data = gather_runs(std::move(cells), options.per_document);
  const Grid grid = make_grid(data.cells, data.values_a_cell(), options.flat);
  if (!data.documents_left_out.empty()) log::warning("/documents is {}", data.documents_left_out);

  CollectOutcome outcome;
  outcome.hdf5 = options.output;
  outcome.csv = fs::path(options.output).replace_extension(".csv");
  outcome.jsonl = fs::path(options.output).replace_extension(".jsonl");
  count(data.cells, outcome);
  describe_grid(grid, data, outcome);

  const SweepTable table{sweep, data, grid};
  hdf5::File file = hdf5::File::in_memory(options.output.filename().string());
  write_header(file, table, outcome);
  write_sweep_eval(file, table);
  write_sweep_train(file, table);
  write_sweep_documents(file, table);
  write_sweep_runs(file, table);
  write_sweep_provenance(file, table);
  write_file(outcome.hdf5, file.image());
  outcome.rows = write_rows(outcome.csv, outcome.jsonl, data, grid);
  return outcome;
}

}  // namespace lx
