// What a stack asks of a model at a test length M that training at length N never showed it: each finding is a few
// numbers and one sentence.
#pragma once

#include "experiment/stack_probe.h"
#include "report/encoding_view.h"

#include <vector>

namespace lx {

/// One group of heads: as trained at N, and as read at M.
struct ProbePair {
  const StackProbe& trained;
  const StackProbe& tested;
};

/// Rotary pairs that never complete a turn in N.
Diagnostic slow_pairs(const ProbePair& stacks);

/// Relative positions at M that training never showed, and how often it showed the others. Whole positions are compared
/// one by one; fractions count as seen inside the range of trained ones.
Diagnostic unseen_positions(const ProbePair& stacks);

/// Whether a key like the query is favoured wherever it stands (Su, kexue.fm 10122), and the smallest base at which it
/// is.
Diagnostic favoured_base(const ProbePair& stacks);

/// Entries of learned tables (ScoreModifier::bucket) that M needs and training never reached.
Diagnostic unseen_buckets(const ProbePair& stacks);

/// Mean attention entropy of random content at N and at M, and what the growth of the gain changes about it.
Diagnostic entropy_growth(const ProbePair& stacks);

/// All of the above that say something about these stacks.
std::vector<Diagnostic> diagnose(const ProbePair& stacks);

/// How far back a stack sees, in tokens; kAll: everything.
int64_t reach_of(const StackProbe& probe);

/// How far back the windowed layers below the first full one see together, as a share of N (alpha of HWFA, kexue.fm
/// 9603). No text: no layer has a window.
Diagnostic receptive_field(const std::vector<int64_t>& reaches, int64_t trained_length, int64_t tested_length);

}  // namespace lx
