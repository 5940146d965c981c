// One run's losses on one text, by document: all that comparing it with other runs takes.
#pragma once

#include "eval/statistics.h"
#include "result/record.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lx {

/// Losses of one run on one text, summed by document: what is left of its per-token scores.
struct ScoredRun {
  int64_t seed = 0;
  int64_t trained_length = 0, reference_length = 0;  // N; N when it was scored, else the shortest length
  std::string text, protocol;                        // natural | tail | repeated; a sentence
  std::vector<std::string> documents;                // with windows
  std::vector<VariantFacts> variants;
  std::vector<int64_t> lengths;              // ascending
  std::vector<std::vector<Cluster>> losses;  // [variant, length][document]; empty where it could not read
};

/// `eval` was read with per-token scores. `text` is natural, tail or repeated. Throws Error when it is not there, and
/// says what is.
ScoredRun score_by_document(const EvalResult& eval, int64_t seed, const std::string& text);

}  // namespace lx
