// Models of one stack of blocks: decoders, UniLMs, encoders. They differ in who sees whom.
#pragma once

#include "model/embedded.h"

#include <vector>

namespace lx {

struct OneStackConfig : TrunkConfig {
  int64_t layers = 4;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{config::field("layers", &OneStackConfig::layers, "blocks", config::at_least(1))},
                          TrunkConfig::fields());
  }
};

class OneStack : public EmbeddedModel {
 public:
  using Config = OneStackConfig;

  Tensor hidden(const Batch& batch, Memories* memories) override;
  std::vector<PlacedGroups> head_groups() const override { return trunk_.head_groups(); }
  int64_t longest_text() const override { return trunk_.longest_text(); }
  bool depends_on_context() const override { return trunk_.depends_on_context(); }
  Work work(const Batch& batch, const Past& past) const override;

 protected:
  OneStack(const Config& config, const ModelParts& parts, Sight sight);

  /// Who sees whom in such a batch.
  virtual Visibility visibility(const Batch& batch) const = 0;
  const Trunk& trunk() const { return trunk_; }

 private:
  Trunk trunk_;
};

}  // namespace lx
