// Looks into one stack without any content: where tokens stand, who sees whom, curves and gains as numbers.
#pragma once

#include "attention/stack.h"
#include "report/encoding_view.h"

#include <map>
#include <vector>

namespace lx {

/// How many (query, key) pairs of one window use each relative position.
struct PositionCount {
  std::map<double, double> pairs;
  double total = 0;
  int64_t sampled_every = 1;  // 1: every query was counted
  void add(double position, double count);
};

class StackProbe {
 public:
  /// `sees`: which way the text is read, before modifiers have their say (an encoder: all). `draw` names the random
  /// positions, where a stack has any.
  StackProbe(const Stack& stack, int64_t length, bool training, Order sees = Order::past, uint64_t draw = 1);

  const Stack& stack() const { return stack_; }
  const Stack::Layout& layout() const { return layout_; }
  int64_t length() const { return length_; }
  bool training() const { return training_; }
  Order sees() const { return sees_; }

  /// Something reads where tokens stand: turning, a curve, a rewriter, an absolute embedding.
  bool positions_read() const;
  std::vector<double> theta() const;
  std::vector<double> growth() const;

  RowView row(int64_t query) const;
  GridView grid(int64_t rows, int64_t columns) const;
  PositionCount count_positions() const;
  /// What is added at each distance, summed over the modifiers; empty when nothing is.
  std::vector<std::vector<double>> bias(const std::vector<double>& distance) const;
  /// By head, at each query, in units of 1/sqrt(D); empty when it depends on content.
  std::vector<std::vector<double>> gain(const std::vector<int64_t>& query) const;

  /// Sinks and gates that do not depend on content; the names of what does, and of what rewrites whole rows of logits.
  struct Added {
    std::vector<double> sink, gate;
    std::vector<std::string> data_dependent, rewrites;
  };
  Added added() const;

 private:
  struct Row {
    Tensor relative, visible;  // [rows,T] float64, bool
  };
  Row rows(int64_t first, int64_t count) const;
  /// Relative positions that depend on the distance alone: one for each distance; empty where they do not.
  std::vector<double> by_distance() const;
  int64_t pairs_at(int64_t distance) const;

  const Stack& stack_;
  int64_t length_;
  bool training_;
  Order sees_;
  Stack::Layout layout_;
  ScorePlan places_;  // views without content, for relative_positions()
};

}  // namespace lx
