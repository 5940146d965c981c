// Small sweeps with numbers that follow from their coordinates, for the tests of what is collected.
#pragma once

#include "result/collect.h"
#include "result/store.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lx {

/// A run whose losses are base + text/4 + variant/8 + length/64, scored at the given multiples of N on two texts.
inline RunRecord swept_record(const std::string& id, double base, int64_t trained_length,
                              const std::vector<std::string>& variants, const std::vector<int64_t>& lengths) {
  RunRecord run;
  run.run_id = id;
  run.experiment = "sample";
  run.trained_length = trained_length;
  run.parameters = 1000 + trained_length;
  run.overrides = {"typed=" + id};
  run.environment = {{"commit", "abc"}, {"host", "here"}, {"seed", "0"}, {"started", "2026-01-01T00:00:00Z"}};
  run.train.step = {1, 2, 4};
  run.train.tokens = {10, 20, 40};
  run.train.loss = {base + 3, base + 2, base + 1};
  run.train.lr = run.train.grad_norm = {1, 1, 1};
  run.train.seconds = {0.5, 1, 1.5};
  run.train.valid_step = {2, trained_length};
  run.train.valid_loss = {base + 2.5, base + 1.5};
  run.train.valid_accuracy = {0.25, 0.5};
  EvalResult eval;
  eval.trained_length = eval.reference_length = trained_length;
  for (const std::string& name : variants) eval.variants.push_back({name, "[]", "fused", {"about " + name}});
  eval.table.texts = {"natural", "tail"};
  eval.table.protocols = {"all targets", "the last " + std::to_string(trained_length)};
  eval.table.variants = eval.curves.variants = variants;
  eval.table.lengths = lengths;
  for (size_t text = 0; text < 2; ++text) {
    for (size_t variant = 0; variant < variants.size(); ++variant) {
      for (const int64_t length : lengths) {
        EvalCell cell;
        cell.loss = base + 0.25 * static_cast<double>(text) + 0.125 * static_cast<double>(variant) +
                    static_cast<double>(length) / 64;
        cell.loss_se = 0.0625;
        cell.gap = variants.size() > 1 ? 0.5 : std::numeric_limits<double>::quiet_NaN();
        cell.accuracy = 0.5;
        cell.documents = 2;
        cell.tokens = 24;
        eval.table.cells.push_back(cell);
      }
    }
  }
  run.eval = eval;
  return run;
}

/// Two documents, the second a nat harder than the first.
inline std::vector<DocumentMeans> sample_documents(const EvalResult& eval) {
  std::vector<DocumentMeans> all;
  for (size_t t = 0; t < eval.table.texts.size(); ++t) {
    DocumentMeans means{
        eval.table.texts[t], {"easy.txt", "hard.txt"}, eval.table.variants, eval.table.lengths, {}, {}, {}};
    for (size_t v = 0; v < means.variants.size(); ++v) {
      for (size_t l = 0; l < means.lengths.size(); ++l) {
        const auto loss = static_cast<float>(eval.table.at(t, v, l).loss);
        means.loss.insert(means.loss.end(), {loss - 0.5f, loss + 0.5f});
        means.accuracy.insert(means.accuracy.end(), {0.75f, 0.25f});
      }
    }
    for (size_t l = 0; l < means.lengths.size(); ++l) means.targets.insert(means.targets.end(), {12, 12});
    all.push_back(std::move(means));
  }
  return all;
}

/// A sweep below a folder of its own: add() one cell after the other.
struct SampleSweep {
  fs::path folder;
  std::vector<SweepCell> cells{};
  using Values = std::vector<std::pair<std::string, config::Node>>;

  SweepCell& add(Values coordinates, int64_t seed, SweptState state = SweptState::done) {
    SweepCell cell;
    cell.number = static_cast<int64_t>(cells.size());
    for (const auto& [key, value] : coordinates) cell.overrides.push_back(key + "=" + to_json(value));
    cell.coordinates = std::move(coordinates);
    cell.seed = seed;
    cell.state = state;
    cell.run_id = "run" + std::to_string(cell.number);
    cell.run_file = folder / cell.run_id / "run.h5";
    if (state == SweptState::failed) cell.reason = "no such luck";
    cells.push_back(std::move(cell));
    return cells.back();
  }

  /// add(), and the run that the cell left.
  SweepCell& add_run(Values coordinates, int64_t seed, double base, int64_t trained_length = 8,
                     const std::vector<std::string>& variants = {"none", "window"},
                     const std::vector<int64_t>& lengths = {8, 16}) {
    SweepCell& cell = add(std::move(coordinates), seed);
    write_run(cell.run_file, swept_record(cell.run_id, base, trained_length, variants, lengths));
    return cell;
  }

  SweepDescription description() const {
    config::Node base{config::Map{}};
    base.set("experiment", "sample");
    base.set("output", folder.string());
    return {"5eed5eed5eed", "sample", base, "output: " + folder.string() + "\n", folder};
  }

  CollectOutcome collect(bool flat = false, bool documents = true) const {
    CollectOptions options{folder / "sweep.h5", flat, {}};
    if (documents) options.per_document = sample_documents;
    return collect_sweep(description(), cells, options);
  }
};

/// Two encodings by two learning rates by three seeds; one cell failed, one is still to come.
inline SampleSweep product_sweep(const fs::path& folder) {
  SampleSweep sweep{folder};
  for (const char* encoding : {"rope", "alibi"}) {
    for (const double lr : {0.001, 0.0003}) {
      for (const int64_t seed : {0, 1, 2}) {
        SampleSweep::Values values{{"encoding", encoding}, {"train.optimizer.lr", lr}, {"seed", seed}};
        const bool alibi = encoding[0] == 'a';
        if (alibi && lr < 0.001 && seed > 0)
          sweep.add(values, seed, seed == 1 ? SweptState::failed : SweptState::pending);
        else
          sweep.add_run(values, seed, (alibi ? 2.0 : 1.0) + (lr < 0.001 ? 0.5 : 0.0) + 0.25 * static_cast<double>(seed),
                        64, {"none", "window"}, {64, 512});
      }
    }
  }
  return sweep;
}

/// The same: elsewhere, later, stopped and begun again, the cells arriving in another order.
inline SampleSweep product_sweep_elsewhere(const fs::path& folder) {
  SampleSweep sweep = product_sweep(folder);
  RunRecord other = read_run(sweep.cells[0].run_file);
  other.environment = {{"commit", "def"}, {"host", "there"}, {"started", "2027-01-01T00:00:00Z"}, {"resumed", "yes"}};
  other.train.seconds = {5, 6, 7};
  other.overrides.push_back("output=elsewhere");
  write_run(sweep.cells[0].run_file, other);
  sweep.cells[10].reason = "another reason";
  std::reverse(sweep.cells.begin(), sweep.cells.end());
  return sweep;
}

/// The trained length is swept, and with it the lengths and variants that are scored; values of many types; one cell
/// that the product does not have, and a key that only one cell sets.
inline SampleSweep ragged_sweep(const fs::path& folder) {
  SampleSweep sweep{folder};
  const config::Node stack = config::List{"rope", config::Node("log_n")};
  sweep.add_run({{"length", int64_t{8}}, {"model.tied", true}, {"encoding.window", config::Node()}}, 3, 1, 8,
                {"none", "window"}, {8, 16, 32});
  sweep.add_run({{"length", int64_t{8}}, {"model.tied", false}, {"encoding.window", int64_t{64}}}, 3, 2, 8, {"none"},
                {8, 16, 32});
  sweep.add_run({{"length", int64_t{16}}, {"model.tied", true}, {"encoding.window", "auto"}}, 3, 3, 16, {"none", "pi"},
                {16, 32, 64});
  sweep.add({{"length", int64_t{16}}, {"model.tied", false}, {"encoding.window", stack}}, 3, SweptState::failed);
  sweep.add_run(
      {{"length", int64_t{16}}, {"model.tied", false}, {"encoding.window", "auto"}, {"model.width", int64_t{4}}}, 3, 4,
      16, {"none"}, {16, 32, 64});
  return sweep;
}

/// Width and learning rate go together.
inline SampleSweep zipped_sweep(const fs::path& folder) {
  SampleSweep sweep{folder};
  const std::vector<std::pair<int64_t, double>> pairs{{64, 0.002}, {128, 0.001}, {256, 0.001}};
  for (const char* encoding : {"rope", "nope"}) {
    for (const auto& [width, lr] : pairs) {
      sweep.add_run({{"encoding", encoding}, {"model.width", width}, {"train.optimizer.lr", lr}}, 0,
                    static_cast<double>(width) / 64);
    }
  }
  return sweep;
}

/// A search: hardly any value occurs twice.
inline SampleSweep search_sweep(const fs::path& folder) {
  SampleSweep sweep{folder};
  for (int64_t i = 0; i < 20; ++i) {
    sweep.add_run({{"train.optimizer.lr", 0.001 * static_cast<double>(i % 19 + 1)},
                   {"train.optimizer.weight_decay", 0.01 * static_cast<double>((i * 7) % 18)},
                   {"model.dropout", 0.01 * static_cast<double>((i * 5) % 17)}},
                  0, static_cast<double>(i));
  }
  return sweep;
}

}  // namespace lx
