#include "model/embedded.h"

#include <ATen/ATen.h>

namespace lx {

EmbeddedModel::EmbeddedModel(const TrunkConfig& config, const ModelParts& parts, int64_t layers)
    : vocabulary_(parts.context.vocabulary) {
  const Initialiser init(config.init, layers, parts.init);
  embedding_ = register_parameter("embedding", init.embedding("embedding", vocabulary_, config.width));
}

void EmbeddedModel::make_output(const TrunkConfig& config, const ModelParts& parts, int64_t layers) {
  const Initialiser init(config.init, layers, parts.init);
  readout_ = register_module("readout", std::make_shared<Readout>(config.output, vocabulary_, config.width, init));
}

Tensor EmbeddedModel::embed(const Tensor& tokens) const { return at::embedding(embedding_, tokens); }

Tensor EmbeddedModel::readout(const Tensor& hidden) { return readout_->forward(hidden, embedding_); }

std::optional<VocabularyMap> EmbeddedModel::vocabulary_map(const Tensor& rows) const {
  return readout_->map(rows, embedding_);
}

void EmbeddedModel::add_output_work(Work& work, int64_t rows) const { work.output += 2 * rows * embedding_.numel(); }

}  // namespace lx
