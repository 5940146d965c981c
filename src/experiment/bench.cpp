#include "experiment/bench.h"

#include "base/error.h"
#include "base/log.h"
#include "base/profile.h"
#include "base/text.h"
#include "experiment/bench_grid.h"
#include "experiment/bench_measure.h"
#include "experiment/bench_other.h"
#include "experiment/provenance.h"
#include "experiment/run_folder.h"
#include "ops/precision.h"
#include "ops/roof.h"
#include "report/bench_report.h"
#include "result/store_bench.h"
#include "tensor/machine.h"
#include "tensor/tensor_memory.h"
#include "train/interrupt.h"

#include <ATen/Parallel.h>
#include <fmt/chrono.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <numeric>

namespace lx {
namespace {

struct Benchmark {
  const BenchOptions& options;
  std::vector<BenchSetup> setups;
  std::vector<BenchSubject> subjects = {};  // one a cell
  BenchRecord record = {};

  double round_seconds() const { return options.seconds / static_cast<double>(options.rounds); }

  /// Scoring at a length costs a forward pass where training costs three.
  double seconds_of(const BenchRow& row) const { return row.part == "train" ? round_seconds() : round_seconds() / 4; }

  void build() {
    for (BenchSetup& setup : setups) {
      try {
        apply(setup.config.runtime);
        subjects.emplace_back(setup.config, options.parts);
      } catch (const Error& error) {
        if (setup.cell.label.empty()) throw;
        throw Error(fmt::format("cell {} ({}): {}", record.cells.size(), setup.cell.label, error.what()));
      }
      setup.cell.threads = at::get_num_threads();
      setup.cell.precision = precision() == Precision::bf16 ? "bf16" : "fp32";
      setup.cell.parameters = subjects.back().parameters();
      record.cells.push_back(setup.cell);
    }
    record.rounds = options.rounds;
  }

  template <class Do>
  void each(const Do& act) {
    size_t row = 0;
    for (size_t c = 0; c < subjects.size(); ++c) {
      apply(setups[c].config.runtime);
      for (const auto& measure : subjects[c].measures()) act(c, *measure, row++);
    }
  }

  /// First calls are slow, and tell how much memory a call wants.
  void warm_up() {
    each([&](size_t c, Measure& measure, size_t) {
      BenchRow row = measure.row();
      row.cell = static_cast<int64_t>(c);
      release_tensor_memory();
      reset_tensor_memory_peak();
      const int64_t before = tensor_memory().now;
      measure.calls(0);
      row.memory = static_cast<double>(tensor_memory().peak - before);
      if (row.part == "train") row.memory += static_cast<double>(subjects[c].held());
      record.rows.push_back(std::move(row));
    });
  }

  /// The caches are another cell's when a round begins, so that the first of several calls does not count.
  static double middle(std::vector<double> calls) {
    if (calls.size() > 2) calls.erase(calls.begin());
    return spread(std::move(calls)).median;
  }

  void take_round() {
    std::map<std::pair<std::string, int64_t>, double> roofs;
    for (size_t c = 0; c < setups.size(); ++c) {
      BenchCell& cell = record.cells[c];
      apply(setups[c].config.runtime);
      const auto [roof, fresh] = roofs.try_emplace({cell.precision, cell.threads}, 0);
      if (fresh) roof->second = product_roof(precision(), std::min(0.3, round_seconds()));
      cell.roof.push_back(roof->second);
    }
    each([&](size_t, Measure& measure, size_t row) {
      record.rows[row].seconds.push_back(middle(measure.calls(seconds_of(record.rows[row]))));
    });
  }

  void profile() {
    each([&](size_t c, Measure& measure, size_t at) {
      const BenchRow& row = record.rows[at];
      if (std::find(options.profiled.begin(), options.profiled.end(), row.part) == options.profiled.end()) return;
      BenchProfile out{.cell = static_cast<int64_t>(c), .part = row.part, .length = row.length};
      const Profile parts;
      const std::vector<double> calls = measure.calls(seconds_of(row));
      out.seconds = std::accumulate(calls.begin(), calls.end(), 0.0);
      out.calls = static_cast<int64_t>(calls.size());
      for (const auto& [name, part] : parts.parts()) out.parts.push_back({name, part.seconds, part.calls});
      record.profiles.push_back(std::move(out));
    });
  }

  void run() {
    build();
    warm_up();
    for (int64_t r = 0; r < options.rounds; ++r) take_round();
    if (!options.profiled.empty()) profile();
  }
};

struct BenchOutput {
  static fs::path path(const BenchOptions& options, const RunConfig& config) {
    if (!options.out.empty() || options.json) return options.out;
    const std::string name = fmt::format("{:%Y-%m-%dT%H-%M-%S}.h5", fmt::localtime(std::time(nullptr)));
    return output_root(config.output) / "bench" / name;
  }

  static void show(const BenchRecord& record, bool json) {
    fmt::print("{}", json ? bench_lines(record) : bench_table(record));
    if (!json && !record.profiles.empty()) fmt::print("\n{}", bench_profiles(record));
    std::fflush(stdout);
  }
};

BenchRecord measure_here(std::vector<BenchSetup> setups, const BenchOptions& options) {
  const InterruptGuard guard;
  Benchmark benchmark{options, std::move(setups)};
  benchmark.run();
  return std::move(benchmark.record);
}

}  // namespace

int bench(const ConfigRequest& request, const BenchOptions& options) {
  log::keep_output_clean(options.json);
  std::vector<BenchSetup> setups = bench_grid(request, options);
  const RunConfig first = setups.front().config;
  apply(first.runtime);
  const Machine machine = describe_machine();
  log::info("{} · products in {}", one_line(machine), precision_name(precision()));
  BenchRecord record;
  try {
    record = options.other.empty() ? measure_here(std::move(setups), options) : bench_both(request, options);
  } catch (const Measure::Stopped& stopped) {
    return 128 + stopped.signal;
  }
  record.environment = describe_program(machine);
  BenchOutput::show(record, options.json);
  if (const fs::path path = BenchOutput::path(options, first); !path.empty()) {
    write_bench(path, record);
    log::info("wrote {}", shown(path));
  }
  return 0;
}

}  // namespace lx
