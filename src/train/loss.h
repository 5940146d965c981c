// What training minimises and validation reports: cross entropy in nats per judged token.
#pragma once

#include "ops/vocabulary_loss.h"
#include "tensor/batch.h"

namespace lx {

class Model;

/// Of an arranged batch. Logits exist for some tokens at a time only, and for judged ones only, where the model's
/// readout is one product (Model::vocabulary_map).
LossSums loss_of(Model& model, const Batch& batch, const LossTerms& terms);

int64_t judged_targets(const Tensor& targets);

}  // namespace lx
