#include "train/loss.h"

#include "model/model.h"

#include <ATen/ATen.h>

namespace lx {

LossSums loss_of(Model& model, const Batch& batch, const LossTerms& terms) {
  const Tensor hidden = model.hidden(batch);
  Tensor rows = hidden.reshape({-1, hidden.size(-1)}), targets = batch.targets.reshape({-1});
  if (const Tensor judged = targets != kIgnore; !judged.all().item<bool>()) {
    const Tensor which = judged.nonzero().squeeze(1);
    rows = rows.index_select(0, which);
    targets = targets.index_select(0, which);
  }
  if (const auto map = model.vocabulary_map(rows)) return vocabulary_loss(*map, targets, terms);
  return cross_entropy(model.readout(rows), targets, terms);
}

int64_t judged_targets(const Tensor& targets) { return (targets != kIgnore).sum().item<int64_t>(); }

}  // namespace lx
