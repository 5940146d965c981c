// One number from a whole curve of losses over lengths, each with an interval of its own.
#pragma once

#include "eval/bootstrap.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lx {

/// Mean losses in nats per token at ascending lengths, drawn together. NaN where a length cannot be read.
struct LengthCurve {
  std::vector<int64_t> lengths;
  std::vector<Replicates> losses;
};

/// Tokens. The ends of the interval are NaN when nothing is known of the error.
struct EffectiveLength {
  double length = 0, low = 0, high = 0;
  bool beyond = false, low_beyond = false, high_beyond = false;  // the longest length read is still good enough
};

/// The longest length up to which perplexity stays within (1 + epsilon) times that at `from`: the rise of the loss over
/// loss(from) reaches ln(1 + epsilon) there for the first time, interpolated between scored lengths on the axis of ln
/// L. The interval is where the upper and the lower limit of the rise do (paired: rises are judged on the same tokens).
/// Never below `from`; lengths that cannot be read end it. NaN when `from` is no length of the curve or was not read.
EffectiveLength effective_length(const LengthCurve& curve, int64_t from, double epsilon = 0.05, double level = 0.95);

/// The mean loss over ln L between the shortest and the longest length, by the trapezoid rule: every doubling counts
/// alike. Throws Error for fewer than two lengths.
Replicates log_length_area(const LengthCurve& curve);

/// Is this variant the super baseline: one window of the trained length and nothing else? `post_hoc` is the list of its
/// modifiers as JSON. Whoever does no better with long context than it does has learnt not to be harmed, no more
/// (kexue.fm 9431).
bool is_super_baseline(const std::string& post_hoc, int64_t trained_length);

}  // namespace lx
