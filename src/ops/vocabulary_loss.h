// From the last states to cross entropy without the logits of a whole text: the map to the vocabulary, its loss and
// its gradients, some rows at a time. A tensor [tokens, vocabulary] never exists.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>

namespace lx {

/// Logits as one product: rows [R,C] x weight [V,C] transposed (+ bias [V]).
struct VocabularyMap {
  Tensor rows, weight;
  Tensor bias = {};  // undefined: none
};

struct LossTerms {
  double label_smoothing = 0;  // share of the target spread over the vocabulary
  double z_loss = 0;           // weight of (log sum exp)^2, which keeps logits from drifting
};

/// Sums over the judged targets (those that are not kIgnore); the caller divides by their number.
struct LossSums {
  Tensor objective;     // scalar with gradient: cross entropy plus the terms
  double nats = 0;      // plain cross entropy
  int64_t correct = 0;  // targets that have the largest logit; of equal ones the first counts as such
};

/// Targets [R] int64, kIgnore where nothing is judged. Differentiable in all of the map, once: the gradients are made
/// on the way, so that backward only scales them. float32 and bfloat16 rows on the CPU run fused, and their logits are
/// float32. Throws Error for targets that are no token.
LossSums vocabulary_loss(const VocabularyMap& map, const Tensor& targets, const LossTerms& terms);

/// The plain twin, which keeps all logits: any dtype, any device.
LossSums vocabulary_loss_reference(const VocabularyMap& map, const Tensor& targets, const LossTerms& terms);

/// The same from logits [...,V] that are there, targets [...].
LossSums cross_entropy(const Tensor& logits, const Tensor& targets, const LossTerms& terms);

/// What each target costs, in nats, and whether it has the largest logit.
struct TokenScores {
  Tensor nats;  // [R] float32
  Tensor hit;   // [R] uint8
};

/// Targets [R], all judged. Without gradients. Throws Error for targets that are no token.
TokenScores vocabulary_scores(const VocabularyMap& map, const Tensor& targets);

/// The same from logits [R,V] that are there.
TokenScores token_scores(const Tensor& logits, const Tensor& targets);

}  // namespace lx
