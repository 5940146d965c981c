// The models of one stack that write: decoder-only (GPT), and UniLM, whose input's tokens see each other.
#include "model/model_registry.h"
#include "model/one_stack.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

class Decoder : public OneStack {
 public:
  Decoder(const Config& config, const ModelParts& parts, const std::string&) : Decoder(config, parts, Sight::past) {}

  bool answers(Asks asked) const override { return asked != Asks::masked; }

 protected:
  Decoder(const Config& config, const ModelParts& parts, Sight sight) : OneStack(config, parts, sight) {}

  /// arrange() takes a prefix away from a decoder; who hands it one all the same means it.
  Visibility visibility(const Batch& batch) const override { return {.prefix = batch.prefix}; }
};

class UniLm final : public Decoder {
 public:
  UniLm(const Config& config, const ModelParts& parts, const std::string&) : Decoder(config, parts, Sight::prefix) {}

  Batch arrange(Batch example) const override { return example; }
  bool answers(Asks asked) const override { return asked == Asks::continuation; }

  std::vector<std::string> remarks() const override {
    if (!trunk().bag_of_words(true)) return {};
    return {
        "nothing tells the tokens of the input their order (no position encoding in any layer): to each other they "
        "are a bag of words"};
  }
};

REGISTER_MODEL(Decoder, "decoder", "decoder-only: every token sees those before it", "GPT: Radford 2018");
REGISTER_MODEL(UniLm, "unilm", "one stack, prefix mask: the input's tokens see each other, the output's those before",
               "Dong 2019, arXiv 1905.03197");

}  // namespace
}  // namespace lx
