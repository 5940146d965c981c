// A small but complete record of a run, for the tests of what is stored and shown.
#pragma once

#include "result/record.h"

#include <cmath>
#include <limits>
#include <string>

namespace lx {

/// Repeats and probes: each number tells where it stands.
inline void sample_deeper(EvalResult& eval) {
  const std::vector<std::string> names{"none", "fenêtre"};
  RepeatTable repeats;
  repeats.order = 8;
  repeats.texts = {"natural", "repeated"};
  repeats.variants = names;
  repeats.lengths = {4, 8};
  repeats.buckets = {"first", "below N/2", "N/2 to N"};
  for (int i = 0; i < 2 * 2 * 2 * 3; ++i) repeats.cells.push_back({0.5 * i, 0.25, 1.0 / 64 * i, 0.125, i, 100 + i});
  repeats.cells[0].loss = std::numeric_limits<double>::quiet_NaN();
  eval.repeats = repeats;
  AttentionProbe probe;
  probe.text = "natural";
  probe.windows = 4;
  probe.rows = 64;
  probe.matrix = 512;
  probe.variants = names;
  probe.lengths = {4, 8};
  probe.layers = {"layer 0", "layer 3"};
  probe.heads = {1, 2, 5};
  for (int i = 0; i < 2 * 2 * 2 * 3; ++i) {
    const double d = i;
    probe.cells.push_back({d, d + 1, d + 2, d + 3, d + 4, d + 5, d + 6, d + 7, d + 8});
  }
  probe.cells[1].log_det = -std::numeric_limits<double>::infinity();
  eval.probe = probe;
}

inline RunRecord sample_record() {
  RunRecord run;
  run.run_id = "0123456789abcdef";
  run.experiment = "sample";
  run.trained_length = 4;
  run.parameters = 850000;
  run.config_yaml = "seed: 1\nmodel:\n  name: decoder   # größe\n";
  run.choices = {{"model", "small"}, {"encoding", "rope"}};
  run.overrides = {"seed=1", "train.steps=3"};
  for (int i = 0; i < 25; ++i) run.environment.emplace_back("fact" + std::to_string(i), "wert ü " + std::to_string(i));
  run.train.step = {1, 2, 3};
  run.train.tokens = {64, 128, 192};
  run.train.loss = {5.5, 4.25, std::numeric_limits<double>::quiet_NaN()};
  run.train.lr = {0.001, 0.002, 0.001};
  run.train.grad_norm = {1, 2, 3};
  run.train.seconds = {0.5, 1, 1.5};
  run.train.valid_step = {3};
  run.train.valid_loss = {4.5};
  run.train.valid_accuracy = {0.125};
  run.train.events = {{3, "skipped: the gradient is not finite"}};

  EvalResult eval;
  eval.trained_length = eval.reference_length = 4;
  eval.bytes_per_token = 1.5;
  eval.variants = {{"none", "[]", "fused", {}},
                   {"fenêtre", R"([{"window": {"size": 4}}])", "reference", {"one", "two"}}};
  const std::vector<std::string> names{"none", "fenêtre"};
  const std::vector<int64_t> lengths{4, 8};
  for (const char* text : {"natural", "repeated"}) {
    TextScores scores;
    scores.text = text;
    scores.variants = names;
    scores.lengths = lengths;
    scores.period = scores.text == "repeated" ? 4 : 0;
    scores.targets = 8;
    scores.document = {0, 1, 1};
    scores.document_names = {"first.txt", "zweites.txt"};
    scores.documents_long_enough = 7;
    scores.loss.assign(2 * 2 * 3 * 8, 1.5f);
    scores.loss[0] = std::numeric_limits<float>::quiet_NaN();
    scores.hit.assign(scores.loss.size(), 1);
    eval.scores.push_back(scores);
  }
  eval.table.texts = {"natural", "tail", "repeated"};
  eval.table.protocols = {"all targets", "the last 4 targets", "targets past the first 4"};
  eval.table.variants = names;
  eval.table.lengths = lengths;
  for (int i = 0; i < 3 * 2 * 2; ++i) {
    EvalCell cell;
    cell.loss = 1 + 0.125 * i;
    cell.loss_se = 0.0625;
    cell.perplexity = std::exp(cell.loss);
    cell.accuracy = 0.5;
    cell.difference_se = 0.25;
    cell.gap = -0.5;
    cell.documents = 2;
    cell.tokens = 24;
    eval.table.cells.push_back(cell);
  }
  eval.curves.texts = {"natural", "repeated"};
  eval.curves.variants = names;
  eval.curves.positions = 8;
  eval.curves.loss.assign(2 * 2 * 8, 1.5f);
  eval.curves.loss_se.assign(2 * 2 * 8, 0.5f);
  eval.curves.accuracy.assign(2 * 2 * 8, 0.25f);
  sample_deeper(eval);
  run.eval = eval;
  return run;
}

}  // namespace lx
