// Evaluation of what a model writes by itself: the outputs of some windows, against what stands in the text.
#pragma once

#include "eval/answers.h"
#include "model/model.h"
#include "result/record.h"
#include "task/objective.h"

#include <cstdint>
#include <vector>

namespace lx {

struct WriteConfig {
  int64_t windows = 8, beams = 1;
  double length_penalty = 0;
  static constexpr auto fields() {
    using config::at_least, config::field, config::not_negative;
    return std::tuple{field("windows", &WriteConfig::windows,
                            "windows whose output is written, the first ones of each text", at_least(1)),
                      field("beams", &WriteConfig::beams, "beams of the search; 1: greedy", at_least(1)),
                      field("length_penalty", &WriteConfig::length_penalty, "alpha of beam search", not_negative())};
  }
};

/// Is all that follows the input judged? Only then is there an answer to be written.
bool asks_for_answers(const Examples& examples);

/// Writes the output of the first windows of `examples`, from their inputs, and judges it against the text. `document`
/// [W] of each window.
WrittenCell write_and_judge(Model& model, const Examples& examples, const std::vector<int64_t>& document,
                            const WriteConfig& config);

}  // namespace lx
