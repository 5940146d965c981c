// The models of one stack that write: decoder-only (GPT), and UniLM, whose input's tokens see each other.
#include "model/embedded.h"
#include "model/model_registry.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct DecoderConfig : TrunkConfig {
  int64_t layers = 4;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{config::field("layers", &DecoderConfig::layers, "blocks", config::at_least(1))},
                          TrunkConfig::fields());
  }
};

class Decoder : public EmbeddedModel {
 public:
  using Config = DecoderConfig;

  Decoder(const Config& config, const ModelParts& parts, const std::string&) : Decoder(config, parts, Sight::past) {}

  bool answers(Asks asked) const override { return asked != Asks::masked; }

  Tensor hidden(const Batch& batch, Memories* memories) override {
    require(!batch.source.defined(), "a model of one stack reads no source: use an encoder-decoder");
    Given given;
    given.visible.prefix = batch.prefix;
    given.watch = watch_;
    return trunk_.forward(embed(batch.tokens), given, is_training(), memories);
  }

  std::vector<PlacedGroups> head_groups() const override { return trunk_.head_groups(); }
  int64_t longest_text() const override { return trunk_.longest_text(); }
  bool depends_on_context() const override { return trunk_.depends_on_context(); }

  Work work(const Batch& batch, const Past& past) const override {
    const int64_t rows = batch.tokens.size(0), queries = batch.tokens.size(1);
    Work work;
    trunk_.add_work(work, {.batch = rows,
                           .queries = queries,
                           .before = past.tokens,
                           .visible = {.prefix = batch.prefix},
                           .training = is_training()});
    add_output_work(work, rows * queries);
    return work;
  }

 protected:
  Decoder(const Config& config, const ModelParts& parts, Sight sight)
      : EmbeddedModel(config, parts, config.layers),
        trunk_(config, {.layers = config.layers,
                        .sight = sight,
                        .encoding = parts.encoding,
                        .post_hoc = parts.post_hoc,
                        .trained_length = parts.context.trained_length,
                        .init = parts.init}) {
    trunk_.adopt_into(*this);
    make_output(config, parts, config.layers);
  }

  Trunk trunk_;
};

class UniLm final : public Decoder {
 public:
  UniLm(const Config& config, const ModelParts& parts, const std::string&) : Decoder(config, parts, Sight::prefix) {}

  Batch arrange(Batch example) const override { return example; }
  bool answers(Asks asked) const override { return asked == Asks::continuation; }

  std::vector<std::string> remarks() const override {
    if (!trunk_.bag_of_words(true)) return {};
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
