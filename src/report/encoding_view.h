// What `lx show` knows of an encoding: plain numbers and words, filled from the stacks (experiment/encoding_view.h) and
// printed as text, JSON or a picture.
#pragma once

#include "config/node.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lx {

using Ranges = std::vector<std::pair<int64_t, int64_t>>;  // [from, to), sorted, disjoint

/// A finding: its numbers, and one sentence that says what they mean.
struct Diagnostic {
  std::string name;
  config::Map numbers;
  std::string text;
};

struct ModifierView {
  struct Parameter {
    std::string name;
    std::vector<int64_t> shape;
    int64_t count = 0;
  };
  std::string name, summary, source;
  std::string when;  // both | train | test | never
  config::Node settings;
  std::vector<std::pair<std::string, std::string>> zeros;  // what a setting of zero stands for, in words
  std::vector<std::string> questions;                      // which of the questions it answers
  std::vector<Parameter> parameters;
};

/// One query of the shown stack. `relative` [keys] holds hidden keys as well.
struct RowView {
  int64_t query = 0;
  std::vector<double> relative;
  Ranges visible;
};

/// Values by head at some places (distances, queries). One head stands for all when they are alike.
struct CurveView {
  std::vector<double> at;
  std::vector<std::vector<double>> heads;
  int64_t stride = 1;  // of `at`
  bool empty() const { return heads.empty(); }
};

/// A square of queries (rows) and keys, coarsened: of each row's last query, by stretches of keys.
struct GridView {
  int64_t rows = 0, columns = 0;
  std::vector<double> visible;   // [rows*columns] share of the stretch that is seen
  std::vector<double> relative;  // [rows*columns] mean relative position of what is seen; NaN: nothing
};

/// The stack of one group of heads of one kind of layer.
struct StackView {
  std::string group;  // empty: all heads
  int64_t first_head = 0, heads = 1, head_dim = 0;
  std::vector<ModifierView> modifiers;

  // Filled when the layer is shown in detail.
  std::vector<double> theta, trained_theta;  // as shown; of the training stack at N
  std::vector<double> growth;                // per pair; empty: none
  bool interleaved = false, positions_read = false;
  std::vector<RowView> rows;  // the chosen queries
  RowView last, trained_last;
  int64_t seen_at_trained = 0, seen_at_last = 0;  // keys that queries N-1 and the last one see
  std::string sees = "past";                      // past | future | all: which way, within the window
  int64_t window = 0, sinks = 0, block = 0;       // 0: none
  GridView picture, heat;
  CurveView bias, gain;      // gain in units of 1/sqrt(D)
  std::vector<double> sink;  // by head: the logit of a key that holds nothing
  std::vector<double> gate;  // by head: the log of the last token's gate, where it does not depend on content
  std::vector<std::string> data_dependent;  // modifiers whose gains or gates read the layer's input
  std::vector<std::string> rewrites;        // modifiers that see the logits themselves
  std::vector<Diagnostic> diagnostics;
  std::vector<std::string> notes;
};

/// Layers that are alike.
struct LayersView {
  std::vector<int64_t> layers;
  bool detailed = false;
  std::vector<StackView> stacks;
};

struct EncodingView {
  std::string title, variant, mode;                           // mode: train | test
  int64_t trained_length = 0, tested_length = 0, length = 0;  // N, M, and the one shown
  int64_t layers = 0, heads = 0, key_heads = 0, head_dim = 0;
  int64_t parameters = 0;  // learned by modifiers, all layers together
  std::vector<LayersView> kinds;
  std::vector<Diagnostic> diagnostics;  // of the layers together
};

/// "0-3, 7": whole numbers in order, neighbours joined.
std::string in_ranges(const std::vector<int64_t>& numbers);

/// A number as people write it: 128, 0.25, 1.43, 2.07e+15.
std::string brief(double value);

/// Stretches of keys [from, to) over which relative positions change by one constant step.
struct Stretch {
  int64_t from = 0, to = 0;
  double first = 0, last = 0, step = 0;
};
std::vector<Stretch> stretches(const RowView& row);

}  // namespace lx
