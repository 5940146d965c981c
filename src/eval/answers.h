// Answers that a model wrote, judged against what stands in the text: reproduced whole, and how far off otherwise.
#pragma once

#include "eval/statistics.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lx {

/// The fewest insertions, deletions and replacements of single tokens that turn one into the other (Levenshtein 1966).
int64_t edit_distance(std::span<const int64_t> a, std::span<const int64_t> b);

/// What a model wrote, and what it should have.
struct Answer {
  std::vector<int64_t> written, reference;
  int64_t document = 0;  // answers about one document are one cluster
};

struct AnswerScores {
  Estimate exact;          // fraction of answers reproduced whole
  Estimate edit_distance;  // edits per token of the references: 0 is perfect, and may exceed 1
};

/// Means over answers, and over reference tokens, with standard errors over documents. Throws Error for an empty
/// reference, of which there is nothing to be reproduced.
AnswerScores judge(std::span<const Answer> answers);

}  // namespace lx
