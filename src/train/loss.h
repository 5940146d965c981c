// What training minimises and validation reports: cross entropy in nats per judged token.
#pragma once

#include "tensor/batch.h"

namespace lx {

struct LossTerms {
  double label_smoothing = 0;  // share of the target spread over the vocabulary
  double z_loss = 0;           // weight of (log sum exp)^2, which keeps logits from drifting
};

/// Sums over the judged targets (those that are not kIgnore); the caller divides by their number.
struct LossSums {
  Tensor objective;  // scalar with gradient: cross entropy plus the terms
  Tensor nats;       // scalar without: plain cross entropy
};

LossSums cross_entropy(const Tensor& logits /* [B,T,V] */, const Tensor& targets /* [B,T] */, const LossTerms& terms);

int64_t judged_targets(const Tensor& targets);
/// How many judged targets have the largest logit.
int64_t correct_targets(const Tensor& logits, const Tensor& targets);

}  // namespace lx
