#include "result/store_bench.h"

#include "base/text.h"
#include "result/hdf5.h"
#include "result/layout.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

namespace lx {
namespace {

struct BenchStore {
  const BenchRecord& record;

  static std::vector<int64_t> counted(size_t count) {
    std::vector<int64_t> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  hdf5::Dataset cell_scale(hdf5::Group& group) const {
    return layout::number_scale(group, "cell", counted(record.cells.size()), "1", "cell of the grid");
  }
  hdf5::Dataset round_scale(hdf5::Group& group) const {
    return layout::number_scale(group, "round", counted(static_cast<size_t>(record.rounds)), "1",
                                "cells took turns; one turn of all is a round");
  }

  std::vector<std::string> texts(const std::function<std::string(const BenchCell&)>& get) const {
    std::vector<std::string> all;
    for (const BenchCell& cell : record.cells) all.push_back(get(cell));
    return all;
  }
  std::vector<int64_t> numbers(int64_t BenchCell::*member) const {
    std::vector<int64_t> all;
    for (const BenchCell& cell : record.cells) all.push_back(cell.*member);
    return all;
  }

  std::set<std::string> varying() const {
    std::set<std::string> keys;
    for (const BenchCell& cell : record.cells)
      for (const auto& [key, value] : cell.keys) keys.insert(key);
    return keys;
  }

  void write_cells(hdf5::Group group) const {
    const hdf5::Dataset cells = cell_scale(group), rounds = round_scale(group);
    const auto text = [&](const char* name, const char* meaning, const auto& get) {
      layout::string_variable(group, name, texts(get), {&cells}, meaning);
    };
    text("label", "what tells a cell from the others", [](const BenchCell& cell) { return cell.label; });
    text("overrides", "what was typed, a setting a line",
         [](const BenchCell& cell) { return join(cell.overrides, "\n"); });
    text("program", "another build, by its path; empty: the one that wrote this",
         [](const BenchCell& cell) { return cell.program; });
    text("precision", "of products", [](const BenchCell& cell) { return cell.precision; });
    layout::variable(group, "threads", numbers(&BenchCell::threads), {&cells}, "1", "threads");
    layout::variable(group, "parameters", numbers(&BenchCell::parameters), {&cells}, "1", "learned numbers");
    layout::variable(group, "reference", numbers(&BenchCell::reference), {&cells}, "1",
                     "cell that rates are held against; -1: none");
    std::vector<double> roof;
    for (const BenchCell& cell : record.cells)
      for (size_t r = 0; r < static_cast<size_t>(record.rounds); ++r)
        roof.push_back(r < cell.roof.size() ? cell.roof[r] : 0);
    layout::variable(group, "roof", roof, {&cells, &rounds}, "FLOP/s",
                     "largest rate of oneDNN's products in the cell's precision, with its threads; 0: it has none");
    hdf5::Group keys = group.make("keys");
    const hdf5::Dataset inner = cell_scale(keys);
    for (const std::string& key : varying()) {
      layout::string_variable(keys, key, texts([&](const BenchCell& cell) {
                                for (const auto& [name, value] : cell.keys)
                                  if (name == key) return value;
                                return std::string();
                              }),
                              {&inner}, "the cell's value of this key");
    }
  }

  /// The rows of one part, spread over [cell] or [cell, length].
  struct Spots {
    std::vector<const BenchRow*> rows;  // null: the cell has no such row

    template <class Get>
    std::vector<double> values(const Get& get) const {
      std::vector<double> all;
      for (const BenchRow* row : rows)
        all.push_back(row ? static_cast<double>(get(*row)) : std::numeric_limits<double>::quiet_NaN());
      return all;
    }
    template <class Get>
    std::vector<double> by_round(size_t rounds, const Get& get) const {
      std::vector<double> all;
      for (const BenchRow* row : rows) {
        std::vector<double> own = row ? get(*row) : std::vector<double>();
        own.resize(rounds, std::numeric_limits<double>::quiet_NaN());
        all.insert(all.end(), own.begin(), own.end());
      }
      return all;
    }
  };

  Spots spots(const std::string& part, const std::vector<int64_t>& lengths) const {
    const size_t width = lengths.empty() ? 1 : lengths.size();
    Spots out{std::vector<const BenchRow*>(record.cells.size() * width, nullptr)};
    for (const BenchRow& row : record.rows) {
      if (row.part != part) continue;
      const auto at = std::find(lengths.begin(), lengths.end(), row.length);
      const size_t column = lengths.empty() ? 0 : static_cast<size_t>(at - lengths.begin());
      out.rows[static_cast<size_t>(row.cell) * width + column] = &row;
    }
    return out;
  }

  void write_part(hdf5::Group& root, const std::string& part) const {
    std::set<int64_t> found;
    for (const BenchRow& row : record.rows)
      if (row.part == part) found.insert(row.length);
    if (found.empty()) return;
    const std::vector<int64_t> lengths =
        part == "eval" ? std::vector<int64_t>(found.begin(), found.end()) : std::vector<int64_t>();
    hdf5::Group group = root.make(part);
    const hdf5::Dataset cells = cell_scale(group), rounds = round_scale(group);
    layout::Scales single{&cells};
    std::optional<hdf5::Dataset> scale;
    if (!lengths.empty()) {
      scale.emplace(layout::number_scale(group, "length", lengths, "tokens", "tokens read in one piece"));
      single.push_back(&*scale);
    }
    layout::Scales rounded = single;
    rounded.push_back(&rounds);
    const Spots all = spots(part, lengths);
    const auto each = [&](const char* name, const char* units, const char* meaning, auto member) {
      layout::variable(group, name, all.values([&](const BenchRow& row) { return row.*member; }), single, units,
                       meaning);
    };
    if (lengths.empty()) each("length", "tokens", "tokens in a window", &BenchRow::length);
    each("batch", "1", "windows in a pass", &BenchRow::batch);
    each("tokens", "tokens", "tokens of a call", &BenchRow::tokens);
    each("operations", "FLOP", "exact work of the products of a call", &BenchRow::operations);
    each("memory", "B",
         part == "train" ? "tensors at the highest point, weights included"
                         : "tensors at the highest point, beyond what was there before",
         &BenchRow::memory);
    const auto n = static_cast<size_t>(record.rounds);
    layout::variable(group, "seconds", all.by_round(n, [](const BenchRow& row) { return row.seconds; }), rounded, "s",
                     "wall time of a call, the median of the round");
    layout::variable(group, "tokens_per_second", all.by_round(n, tokens_per_second), rounded, "tokens/s",
                     "tokens of a call over its seconds");
    layout::variable(group, "operations_per_second", all.by_round(n, operations_per_second), rounded, "FLOP/s",
                     "exact work over seconds");
  }
};

}  // namespace

void write_bench(const fs::path& path, const BenchRecord& record) {
  hdf5::File file = hdf5::File::in_memory(path.filename().string());
  file.set("schema", "lx.bench");
  file.set("schema_version", int64_t{1});
  file.set("title", "speed and memory of configurations of lx, round by round");
  const BenchStore store{record};
  store.write_cells(file.make("cells"));
  for (const std::string& part : bench_parts()) store.write_part(file, part);
  hdf5::Group environment = file.make("environment");
  for (const auto& [name, value] : record.environment) environment.set(name, value);
  write_file(path, file.image());
}

}  // namespace lx
