// Looks at what chosen heads of a model attend to while it reads real text, at every length.
#pragma once

#include "eval/evaluator.h"
#include "eval/probe_config.h"
#include "result/record.h"
#include "task/objective.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace lx {

/// Throws Error for lengths and variants that are not those of the evaluation, and for lists that say nothing.
void check_probe(const EvalConfig& config);
/// Throws Error for layers and heads that the model does not have.
void check_probe(const ProbeConfig& config, const Model& model);

class AttentionProber {
 public:
  /// `scores` says which text, variants and lengths there are, `cut` how the text is read at a length: window after
  /// window, as many pieces each.
  AttentionProber(const ProbeConfig& config, const TextScores& scores, std::function<Examples(int64_t)> cut);

  /// Tokens that all calls of look() read.
  int64_t tokens() const;
  /// Reads the last piece of the first windows, each alone, at each length that is asked for and that the model can
  /// read. `read(length)` is called after each, also for those that it cannot.
  void look(Model& model, size_t variant, const std::function<void(int64_t)>& read);
  AttentionProbe result() const;

 private:
  struct Sum {
    ProbeCell cell;
    int64_t windows = 0;
  };
  class Watch;

  ProbeConfig config_;
  std::function<Examples(int64_t)> cut_;
  std::string text_;
  int64_t all_windows_ = 0;
  std::vector<std::string> variants_;
  std::vector<int64_t> lengths_;
  std::vector<std::string> layers_{};                                       // as first seen
  std::map<std::tuple<size_t, size_t, std::string, int64_t>, Sum> sums_{};  // variant, length, layer, head
};

}  // namespace lx
