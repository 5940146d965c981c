// The encoder alone: every token sees every other, and those that were taken out of the text are to be found
// (masked language model; Devlin et al. 2019).
#include "model/embedded.h"
#include "model/model_registry.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

class Encoder final : public EmbeddedModel {
 public:
  struct Config : TrunkConfig {
    int64_t layers = 4;
    static constexpr auto fields() {
      return std::tuple_cat(std::tuple{config::field("layers", &Config::layers, "blocks", config::at_least(1))},
                            TrunkConfig::fields());
    }
  };

  Encoder(const Config& config, const ModelParts& parts, const std::string&)
      : EmbeddedModel(config, parts, config.layers),
        trunk_(config, {.layers = config.layers,
                        .sight = Sight::all,
                        .encoding = parts.encoding,
                        .post_hoc = parts.post_hoc,
                        .trained_length = parts.context.trained_length,
                        .init = parts.init}) {
    trunk_.adopt_into(*this);
    make_output(config, parts, config.layers);
  }

  bool answers(Asks asked) const override { return asked == Asks::masked; }

  Tensor hidden(const Batch& batch, Memories* memories) override {
    require(!memories, "an encoder reads a text as a whole and writes none: it cannot go on from a memory");
    require(!batch.source.defined(), "an encoder alone reads one text: use an encoder-decoder");
    Given given;
    given.visible.order = Order::all;
    given.watch = watch_;
    return trunk_.forward(embed(batch.tokens), given, is_training(), nullptr);
  }

  std::vector<PlacedGroups> head_groups() const override { return trunk_.head_groups(); }
  int64_t longest_text() const override { return trunk_.longest_text(); }

  std::vector<std::string> remarks() const override {
    if (!trunk_.bag_of_words(true)) return {};
    return {"nothing tells the tokens their order (no position encoding in any layer): the text is a bag of words"};
  }

  Work work(const Batch& batch, const Past&) const override {
    const int64_t rows = batch.tokens.size(0), queries = batch.tokens.size(1);
    Work work;
    trunk_.add_work(work,
                    {.batch = rows, .queries = queries, .visible = {.order = Order::all}, .training = is_training()});
    work.kept = 0;  // it has no memory
    add_output_work(work, rows * queries);
    return work;
  }

 private:
  Trunk trunk_;
};

REGISTER_MODEL(Encoder, "encoder", "every token sees every other; finds masked tokens (MLM)",
               "BERT: Devlin 2019, arXiv 1810.04805");

}  // namespace
}  // namespace lx
