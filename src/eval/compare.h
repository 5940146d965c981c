// Systems against each other on the same target tokens: a system is what was trained alike but for the seed.
#pragma once

#include "eval/derived.h"
#include "eval/scored_run.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct SystemRuns {
  std::vector<std::string> labels;  // a value for each key that varies
  std::vector<ScoredRun> runs;      // one a seed
};

enum class SeedPairing {
  same,        // seed by seed where both systems have the same seeds
  independent  // never: seeds of different systems have nothing in common
};

struct CompareRequest {
  std::string variant;   // empty: the first of the first run
  size_t reference = 0;  // the system that all are compared with
  SeedPairing pairing = SeedPairing::same;
  double level = 0.95;
  double epsilon = 0.05;  // of effective_length()
  size_t replicates = 2000;
  uint64_t seed = 0;  // of the resampling
};

struct SystemDifference {
  Judgement judged;     // this system minus the reference, paired by document
  double adjusted = 0;  // p over the whole table, by Holm's procedure
};

struct ComparedSystem {
  std::vector<std::string> labels;
  std::string left_out;  // why there are no numbers
  std::string unpaired;  // why there are no differences
  std::vector<int64_t> seeds;
  int64_t trained_length = 0, reference_length = 0, longest = 0;
  Judgement near, far;                                              // loss at the reference length and at the longest
  std::optional<SystemDifference> near_difference, far_difference;  // near: what training with it costs in-window
  EffectiveLength effective;
  std::optional<Judgement> area;    // log_length_area(), of two lengths and more
  std::optional<Judgement> gain;    // loss of the super baseline minus this one's, at the longest length
  std::optional<Judgement> change;  // loss minus the untouched variant's at the reference length
};

struct Comparison {
  std::string text, protocol, variant;
  CompareRequest request;
  size_t documents = 0;  // of the reference, with targets
  int64_t targets = 0;   // of one of its runs at the longest length
  bool documents_only = false;
  std::vector<ComparedSystem> systems;  // in the order given
};

/// All runs hold the same text. A system without the variant is left out, one with other documents or targets than the
/// reference is not paired: both with a sentence. Throws Error when the reference itself has no numbers, and when two
/// runs of a system have the same seed.
Comparison compare(std::vector<SystemRuns> systems, const CompareRequest& request);

}  // namespace lx
