// An evaluation with numbers of a likely size, for the tests of what people read.
#pragma once

#include "result/record.h"

#include <cmath>
#include <string>

namespace lx {

inline EvalResult likely_eval() {
  EvalResult eval;
  eval.trained_length = eval.reference_length = 128;
  const double losses[6][4] = {{1.185, 2.80, 4.82, 4.85},  {1.185, 1.137, 1.137, 1.137}, {4.09, 4.27, 4.30, 4.33},
                               {1.260, 1.239, 3.07, 4.93}, {1.186, 1.140, 1.154, 1.211}, {1.186, 1.139, 1.149, 1.164}};
  eval.table.texts = {"natural", "tail", "repeated"};
  eval.table.protocols = {"all 1024 targets of each window", "the last 128 targets of each window",
                          "targets past the first 128"};
  eval.table.variants = {"none", "window_N", "pi", "ntk", "rerope", "rerope_log_n"};
  eval.table.lengths = {128, 256, 512, 1024};
  for (int text = 0; text < 3; ++text) {
    for (int v = 0; v < 6; ++v) {
      for (int l = 0; l < 4; ++l) {
        EvalCell cell;
        cell.loss = losses[v][l] + 0.05 * text;
        cell.loss_se = 0.02 + 0.03 * v;
        cell.perplexity = std::exp(cell.loss);
        cell.accuracy = 1.3 * std::exp(-0.6 * cell.loss);
        cell.difference = losses[v][l] - losses[0][l];
        cell.change = losses[v][l] - losses[v][0];
        cell.difference_se = cell.change_se = cell.gap_se = 0.01;
        double other = 1e9;
        for (int u = 0; u < 6; ++u)
          if (u != v) other = std::min(other, losses[u][l]);
        cell.gap = losses[v][l] - other;
        cell.documents = 24;
        cell.tokens = 24 * 1024;
        eval.table.cells.push_back(cell);
      }
    }
  }
  for (const std::string& name : eval.table.variants) eval.variants.push_back({name, "[]", "fused", {}});
  eval.variants[3].notes = {"depends on the length of the whole context"};
  return eval;
}

inline RunRecord likely_run() {
  RunRecord run;
  run.run_id = "0123456789abcdef";
  run.experiment = "length";
  run.trained_length = 128;
  run.parameters = 852736;
  run.choices = {{"model", "small"}, {"encoding", "rope"}, {"data", "prose"}};
  run.environment = {{"commit", "abc"}, {"libtorch", "1.13.1"}};
  run.overrides = {"train.steps=1500"};
  run.train.step = {1, 1500};
  run.train.tokens = {8192, 12288000};
  run.train.seconds = {0.5, 303};
  run.train.valid_step = {1500};
  run.train.valid_loss = {1.2345};
  run.train.valid_accuracy = {0.643};
  run.eval = likely_eval();
  return run;
}

}  // namespace lx
