#include "sweep/collect.h"

#include "base/error.h"
#include "base/text.h"
#include "eval/by_document.h"
#include "experiment/run.h"

#include <algorithm>

namespace lx {
namespace {

struct CellCollector {
  const SweepFolder& folder;
  std::vector<Cell> cells = read_cells(folder);
  std::vector<std::string> keys{};

  void find_keys() {
    for (const Cell& cell : cells) {
      for (const auto& coordinate : cell.coordinates) {
        if (std::find(keys.begin(), keys.end(), coordinate.first) == keys.end()) keys.push_back(coordinate.first);
      }
    }
  }

  // A cell that does not name a key which others sweep has what its configuration says.
  static const config::Node* value(const Cell& cell, const std::string& key, config::Node& chosen) {
    for (const auto& [name, value] : cell.coordinates) {
      if (name == key) return &value;
    }
    for (const auto& [group, option] : cell.run.choices) {
      if (group == key) return &(chosen = option);
    }
    return cell.run.resolved.find(key);
  }

  std::vector<std::string> own_overrides(const Cell& cell) const {
    std::vector<std::string> own;
    for (const std::string& word : cell.overrides) {
      const std::string key = word.substr(0, word.find('='));
      const std::string plain = key.substr(std::min(key.find_first_not_of("+~"), key.size()));
      if (std::find(keys.begin(), keys.end(), plain) != keys.end()) own.push_back(word);
    }
    return own;
  }

  // Finished while its process still holds the lock, or scored again just now: what is there can be read.
  static bool finished(const Cell& cell) {
    try {
      return finished_record(cell.folder).has_value();
    } catch (const Error&) {
      return false;
    }
  }

  SweepCell collected(const Cell& cell) const {
    SweepCell out;
    out.number = cell.number;
    for (const std::string& key : keys) {
      config::Node chosen;
      if (const config::Node* found = value(cell, key, chosen)) out.coordinates.emplace_back(key, *found);
    }
    out.seed = cell.run.config.seed;
    const CellStatus status = cell_status(cell.folder, folder.progress(cell.number));
    if (status.state == CellState::done || (status.state == CellState::running && finished(cell)))
      out.state = SweptState::done;
    else if (status.state == CellState::failed)
      out.state = SweptState::failed;
    out.reason = status.reason;
    out.run_file = cell.folder.results();
    out.run_id = cell.id;
    out.overrides = own_overrides(cell);
    return out;
  }
};

}  // namespace

CollectOutcome collect(const SweepFolder& folder, const CollectRequest& request) {
  CellCollector collector{folder};
  require(!collector.cells.empty(), "the sweep {} has no cell: there is nothing to collect", shown(folder.path));
  collector.find_keys();
  std::vector<const config::Node*> configs;
  std::vector<SweepCell> cells;
  for (const Cell& cell : collector.cells) {
    configs.push_back(&cell.run.resolved);
    cells.push_back(collector.collected(cell));
  }
  const std::string multirun = fs::exists(folder.hydra()) ? read_file(folder.hydra()) : "";
  const SweepDescription sweep{folder.path.filename().string(), collector.cells.front().run.config.experiment,
                               shared_settings(configs), multirun, folder.path};
  const fs::path output = request.output.empty() ? folder.path / "sweep.h5" : request.output;
  return collect_sweep(sweep, std::move(cells),
                       {output, request.flat, request.documents ? PerDocument(means_by_document) : PerDocument()});
}

std::vector<SweepCell> swept_cells(const SweepFolder& folder) {
  CellCollector collector{folder};
  collector.find_keys();
  std::vector<SweepCell> cells;
  for (const Cell& cell : collector.cells) cells.push_back(collector.collected(cell));
  return cells;
}

config::Node shared_settings(const std::vector<const config::Node*>& configs) {
  config::Map shared;
  for (const auto& [key, value] : configs.front()->map()) {
    std::vector<const config::Node*> all;
    for (const config::Node* config : configs) all.push_back(config->is_map() ? config->map().find(key) : nullptr);
    const auto holds = [&](const auto& wanted) {
      return std::all_of(all.begin(), all.end(), [&](const config::Node* one) { return one && wanted(*one); });
    };
    if (holds([&, &first = value](const config::Node& one) { return one == first; })) {
      shared[key] = value;
    } else if (holds([](const config::Node& one) { return one.is_map(); })) {
      config::Node inner = shared_settings(all);
      if (!inner.map().empty()) shared[key] = std::move(inner);
    }
  }
  return config::Node(std::move(shared));
}

std::string describe(const CollectOutcome& outcome) {
  std::string text = fmt::format("{}: {} of {} cells done", shown(outcome.hdf5), outcome.done, outcome.cells);
  if (outcome.failed > 0) text += fmt::format(", {} failed", outcome.failed);
  if (outcome.pending > 0) text += fmt::format(", {} to come", outcome.pending);
  text += fmt::format("; by {}\n{} and {}: {} rows\n", join(outcome.dimensions, ", "), shown(outcome.csv),
                      shown(outcome.jsonl), outcome.rows);
  if (outcome.rows == 0) return text;
  return text + fmt::format(
                    "\n  import xarray as xr; ds = xr.open_dataset(\"{}\", group=\"eval\")\n"
                    "  ds.loss.sel({}).to_dataframe()\n",
                    shown(outcome.hdf5), outcome.example);
}

}  // namespace lx
