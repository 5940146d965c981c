// What `lx bench` measured, as plain data: cells of a grid, what was timed in each, round by round.
#pragma once

#include "result/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lx {

/// What is timed, by its name on the command line.
///   train            training steps: data, forward, backward, clipping, optimizer
///   eval             scoring, as evaluation does it
///   attention        the attention of the first layer alone, forward, as at test time
///   attention_train  the same forward and backward, as in training
inline const std::vector<std::string>& bench_parts() {
  static const std::vector<std::string> all{"train", "eval", "attention", "attention_train"};
  return all;
}

/// One configuration.
struct BenchCell {
  std::string label;                                      // what tells it from the others: "encoding=rope length=512"
  std::vector<std::string> overrides;                     // all of them
  std::vector<std::pair<std::string, std::string>> keys;  // those that vary, with this cell's values
  std::string program;                                    // another build, by its path; empty: this one
  std::string precision;                                  // "fp32", "bf16"
  int64_t threads = 0, parameters = 0;
  int64_t reference = -1;    // the cell its rates are held against; -1: none
  std::vector<double> roof;  // [round] operations a second of oneDNN's products in this precision; 0: it has none
};

/// What was timed of one cell. A call is a step of training, a pass of scoring, one attention.
struct BenchRow {
  int64_t cell = 0;
  std::string part;               // of bench_parts()
  int64_t length = 0, batch = 0;  // tokens in a window, windows in a pass
  double tokens = 0;              // of a call
  double operations = 0;          // exact work of a call (ops/work.h); training counts three forward passes
  double memory = 0;              // bytes of tensors at the highest point: training with weights, others beyond them
  std::vector<double> seconds;    // [round] of a call, the median within the round
};

/// Where the time of calls went.
struct BenchProfile {
  int64_t cell = 0;
  std::string part;
  int64_t length = 0, calls = 0;
  double seconds = 0;  // of all calls
  struct Part {
    std::string name;
    double seconds = 0;
    int64_t calls = 0;
  };
  std::vector<Part> parts;
};

struct BenchRecord {
  Facts environment;
  std::vector<BenchCell> cells;
  std::vector<BenchRow> rows;
  std::vector<BenchProfile> profiles;
  int64_t rounds = 0;
};

/// A median with the middle half of the values around it; NaN of nothing.
struct Spread {
  double median = 0, low = 0, high = 0;
};
Spread spread(std::vector<double> values);

/// values[r] of every round.
std::vector<double> tokens_per_second(const BenchRow& row);
std::vector<double> operations_per_second(const BenchRow& row);
/// Of the roof of the same round; empty where there is none.
std::vector<double> share_of_roof(const BenchRow& row, const BenchCell& cell);

/// The row that `row` is held against: the same part of the reference cell, scoring at the same length. Null: none.
const BenchRow* reference_of(const BenchRecord& record, const BenchRow& row);
/// How many times faster than its reference, by tokens a second, round against round.
std::vector<double> ratios(const BenchRow& row, const BenchRow& reference);

}  // namespace lx
