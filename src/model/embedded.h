// What every model of text has around its blocks: a table that embeds tokens, and a matrix that reads logits off.
#pragma once

#include "model/trunk.h"

namespace lx {

class EmbeddedModel : public Model {
 public:
  Tensor readout(const Tensor& hidden) override;
  std::optional<VocabularyMap> vocabulary_map(const Tensor& rows) const override;
  int64_t vocabulary() const override { return vocabulary_; }

 protected:
  EmbeddedModel(const TrunkConfig& config, const ModelParts& parts, int64_t layers);
  /// Once everything before it is registered: the order of registration is the order in checkpoints and lists.
  void make_output(const TrunkConfig& config, const ModelParts& parts, int64_t layers);
  Tensor embed(const Tensor& tokens) const;  // [B,T] -> [B,T,C]
  /// Adds what readout() computes for `rows` hidden states.
  void add_output_work(Work& work, int64_t rows) const;

 private:
  int64_t vocabulary_;
  Tensor embedding_;
  std::shared_ptr<Readout> readout_;
};

}  // namespace lx
