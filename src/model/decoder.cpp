// The decoder-only model: embedding, blocks, readout. A prefix in the batch makes it a UniLM.
#include "encoding/stack_config.h"
#include "model/block.h"
#include "model/layers.h"
#include "model/model_registry.h"
#include "ops/product.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {
namespace {

class Decoder final : public Model {
 public:
  struct Config {
    int64_t width = 128, layers = 4;
    config::Node mixer{config::Map{}};
    FeedForwardConfig feed_forward;
    NormConfig norm;
    InitConfig init;
    bool tied = true;
    double dropout = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("width", &Config::width, "channels of the residual stream (C)", config::at_least(1)),
          config::field("layers", &Config::layers, "blocks", config::at_least(1)),
          config::field("mixer", &Config::mixer, "what mixes tokens: `name` (attention, gau) and its settings"),
          config::field("feed_forward", &Config::feed_forward, "what mixes channels (gated units need none)"),
          config::field("norm", &Config::norm, "normalisation"),
          config::field("init", &Config::init, "starting values of the weights"),
          config::field("tied", &Config::tied, "the embedding is also the output matrix"),
          config::field("dropout", &Config::dropout, "rate after each part while training", config::fraction())};
    }
  };

  Decoder(Config config, const ModelParts& parts, const std::string& path) : vocabulary_(parts.context.vocabulary) {
    const Initialiser init(config.init, config.layers, parts.init);
    check_encoding(parts.encoding, config.layers, "encoding");
    check_encoding(parts.post_hoc, config.layers, "variant");
    embedding_ = register_parameter("embedding", init.embedding("embedding", vocabulary_, config.width));

    config::Node mixer_settings = config.mixer;
    const MixerEntry& entry = take_named(mixers(), mixer_settings, "attention", path + ".mixer");
    auto layers = std::make_shared<torch::nn::Module>();
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      const Initialiser own = init.fork("layer " + std::to_string(layer));
      MixerContext context{.width = config.width,
                           .layer = layer,
                           .layers = config.layers,
                           .trained_length = parts.context.trained_length,
                           .dropout = config.dropout,
                           .make_stack = [&](const Shape& shape) { return make_stack(parts, shape); },
                           .initialiser = own.fork("mixer")};
      auto mixer = entry.make(mixer_settings, context, path + ".mixer");
      std::shared_ptr<FeedForward> feed_forward;
      if (!entry.gated_unit) {
        feed_forward =
            std::make_shared<FeedForward>(config.feed_forward, config.width, config.dropout, own.fork("feed_forward"));
      }
      blocks_.push_back(std::make_shared<Block>(config.norm, config.width, std::move(mixer), std::move(feed_forward)));
      layers->register_module(std::to_string(layer), blocks_.back());
    }
    register_module("layers", layers);
    if (config.norm.place == NormPlace::pre)
      final_norm_ = register_module("final_norm", std::make_shared<Norm>(config.norm, config.width));
    if (!config.tied) output_ = register_parameter("output", init.embedding("output", vocabulary_, config.width));
    refuse_idle_modifiers();
  }

  Tensor hidden(const Batch& batch, Memories* memories) override {
    require(!batch.source.defined(), "a decoder-only model reads no source: use an encoder-decoder");
    Visibility given;
    given.prefix = batch.prefix;
    if (memories && memories->empty()) memories->resize(blocks_.size());
    Tensor x = at::embedding(embedding_, batch.tokens);  // [B,T,C]
    for (size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i]->forward(x, given, memories ? &(*memories)[i] : nullptr);
    return final_norm_ ? final_norm_->forward(x) : x;
  }

  Tensor readout(const Tensor& hidden) override {
    return linear(hidden, output_.defined() ? output_ : embedding_, Tensor());
  }

  int64_t vocabulary() const override { return vocabulary_; }

  bool depends_on_context() const override {
    for (const auto& block : blocks_) {
      if (block->mixer().stack().traits(false).depends_on_context) return true;
    }
    return false;
  }

 private:
  static Stack make_stack(const ModelParts& parts, const Shape& shape) {
    std::vector<Stack::Item> items;
    const LayerStack own = stack_of_layer(parts.encoding, shape.layer, shape.layers, "encoding");
    append_modifiers(items, own.list, shape, own.path);
    const size_t trained = items.size();
    const LayerStack added = stack_of_layer(parts.post_hoc, shape.layer, shape.layers, "variant");
    append_modifiers(items, added.list, shape, added.path);
    for (size_t i = trained; i < items.size(); ++i) {
      if (items[i].modifier->parameters().empty()) continue;
      throw DoesNotApply(
          fmt::format("the modifier '{}' has learned parameters, which these weights lack: train with it, "
                      "or leave it out of the variant",
                      items[i].name));
    }
    return Stack(shape, std::move(items));
  }

  /// A modifier that edits turning is idle where nothing turns. In a layer schedule that may be meant (a variant
  /// reaches every layer); when it is idle in every layer, a setting would be ignored in silence.
  void refuse_idle_modifiers() const {
    std::map<std::string, bool> of_use;
    for (const auto& block : blocks_) {
      bool turning = false;
      for (const Stack::Item& item : block->mixer().stack().items()) turning |= item.modifier->traits().gives_turning;
      for (const Stack::Item& item : block->mixer().stack().items()) {
        if (item.modifier->traits().needs_turning) of_use[item.name] |= turning;
      }
    }
    for (const auto& [name, useful] : of_use) {
      if (useful) continue;
      throw DoesNotApply(
          fmt::format("the modifier '{}' changes how position turns vectors, but no layer it is in turns "
                      "them: add rope before it",
                      name));
    }
  }

  int64_t vocabulary_;
  Tensor embedding_, output_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Norm> final_norm_;
};

REGISTER_MODEL(Decoder, "decoder", "decoder-only language model; a prefix in the batch makes it a UniLM");

}  // namespace
}  // namespace lx
