// Half-precision logits are widened first: the sum over the vocabulary needs it.
#include "train/loss.h"

#include <ATen/ATen.h>

namespace lx {

LossSums cross_entropy(const Tensor& logits, const Tensor& targets, const LossTerms& terms) {
  const Tensor flat = logits.reshape({-1, logits.size(-1)});  // [B*T,V]
  const Tensor wide = flat.scalar_type() == at::kDouble ? flat : flat.to(at::kFloat);
  const Tensor wanted = targets.reshape({-1});
  const Tensor log_p = wide.log_softmax(-1);
  const Tensor nats = at::nll_loss(log_p, wanted, {}, at::Reduction::Sum, kIgnore);
  Tensor objective = nats;
  if (terms.label_smoothing > 0) {
    const Tensor spread = -log_p.mean(-1).masked_fill(wanted == kIgnore, 0).sum();
    objective = (1 - terms.label_smoothing) * nats + terms.label_smoothing * spread;
  }
  if (terms.z_loss > 0)
    objective = objective + terms.z_loss * wide.logsumexp(-1).square().masked_fill(wanted == kIgnore, 0).sum();
  return {objective, nats.detach()};
}

int64_t judged_targets(const Tensor& targets) { return (targets != kIgnore).sum().item<int64_t>(); }

int64_t correct_targets(const Tensor& logits, const Tensor& targets) {
  return (logits.argmax(-1) == targets).sum().item<int64_t>();  // kIgnore is no index, so it never counts
}

}  // namespace lx
