// From per-token scores to the table people read: losses, accuracies, paired differences, curves over positions.
// Per-token scores are kept, so another definition of perplexity is another function here, not another run.
#pragma once

#include "eval/statistics.h"
#include "result/record.h"

#include <string>
#include <vector>

namespace lx {

/// Which targets of each window count. Natural text has two readings: all targets, and its tail.
enum class Protocol {
  natural,   // all M targets
  tail,      // the last min(N, M) targets: the same tokens at every length, only the context grows
  repeated,  // at lengths beyond the period, the targets read past the first occurrence; else all that were scored
  scored,    // what the objective judged: the same targets at every length
};

/// One sentence that names targets and context, printed with every number.
std::string describe(Protocol protocol, const TextScores& scores, int64_t trained_length);

struct DocumentSums {
  std::vector<Cluster> loss, hit;  // one entry a document name, in its order; empty clusters where nothing counts
};

/// Sums over each document of the scores of one variant at one length. Throws Error when nothing was scored.
DocumentSums sum_by_document(const TextScores& scores, Protocol protocol, int64_t trained_length, size_t variant,
                             size_t length);

/// Fills result.table and result.curves from result.scores; uses trained_length, reference_length, bytes_per_token.
void summarise(EvalResult& result);

}  // namespace lx
