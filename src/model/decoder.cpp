// The decoder-only model: embedding, blocks, readout. A prefix in the batch makes it a UniLM.
#include "model/block.h"
#include "model/layers.h"
#include "model/mixer_layers.h"
#include "model/model_registry.h"
#include "model/readout.h"

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
    OutputMap output = OutputMap::tied;
    double dropout = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("width", &Config::width, "channels of the residual stream (C)", config::at_least(1)),
          config::field("layers", &Config::layers, "blocks", config::at_least(1)),
          config::field("mixer", &Config::mixer,
                        "what mixes tokens: `name` (attention, gau) and its settings, or `layers` with such by depth"),
          config::field("feed_forward", &Config::feed_forward, "what mixes channels (gated units need none)"),
          config::field("norm", &Config::norm, "normalisation"),
          config::field("init", &Config::init, "starting values of the weights"),
          config::field(
              "output", &Config::output,
              "what reads logits from the last states: the embedding (tied), a matrix of its own (untied), or "
              "the embedding behind a square projection (projected) or a swap of halves (shuffled)"),
          config::field("dropout", &Config::dropout, "rate after each part while training", config::fraction())};
    }
  };

  Decoder(Config config, const ModelParts& parts, const std::string& path) : vocabulary_(parts.context.vocabulary) {
    const Initialiser init(config.init, config.layers, parts.init, config.norm.deep);
    check_encoding(parts.encoding, config.layers, "encoding");
    check_encoding(parts.post_hoc, config.layers, "variant");
    embedding_ = register_parameter("embedding", init.embedding("embedding", vocabulary_, config.width));

    check_mixers(config.mixer, config.layers, path + ".mixer");
    auto layers = std::make_shared<torch::nn::Module>();
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      const Initialiser own = init.fork("layer " + std::to_string(layer));
      MixerContext context{.width = config.width,
                           .layer = layer,
                           .layers = config.layers,
                           .trained_length = parts.context.trained_length,
                           .dropout = config.dropout,
                           .make_groups =
                               [&](Shape shape) {
                                 shape.random = own.fork("stack").random();
                                 return make_head_groups(parts.encoding, parts.post_hoc, shape);
                               },
                           .initialiser = own.fork("mixer")};
      const MixerChoice choice = mixer_of_layer(config.mixer, layer, config.layers, path + ".mixer");
      auto mixer = choice.entry.make(choice.settings, context, choice.path);
      std::shared_ptr<FeedForward> feed_forward;
      if (!choice.entry.gated_unit) {
        feed_forward =
            std::make_shared<FeedForward>(config.feed_forward, config.width, config.dropout, own.fork("feed_forward"));
      }
      blocks_.push_back(
          std::make_shared<Block>(config.norm, config.width, config.layers, std::move(mixer), std::move(feed_forward)));
      layers->register_module(std::to_string(layer), blocks_.back());
    }
    register_module("layers", layers);
    if (needs_final_norm(config.norm))
      final_norm_ = register_module("final_norm", std::make_shared<Norm>(config.norm, config.width));
    readout_ = register_module("readout", std::make_shared<Readout>(config.output, vocabulary_, config.width, init));
    refuse_idle_modifiers();
    for_each_stack([&](const Stack& stack) {
      random_ = random_ || stack.traits(true).random;
      for (const Stack::Item& item : stack.items()) {
        if (item.modifier->traits().looks_ahead)
          throw DoesNotApply(
              fmt::format("'{}' lets queries see the tokens they are to predict: a decoder-only model "
                          "would copy them",
                          item.name));
      }
    });
  }

  Tensor hidden(const Batch& batch, Memories* memories) override {
    require(!batch.source.defined(), "a decoder-only model reads no source: use an encoder-decoder");
    Given given;
    given.visible.prefix = batch.prefix;
    if (is_training() && random_)
      given.draw = static_cast<uint64_t>(at::randint(int64_t{1} << 62, {1}, at::kLong).item<int64_t>());
    refuse_without_order(given);
    if (memories && memories->empty()) memories->resize(blocks_.size());
    const int64_t read = memories ? memories->front().length : 0;
    Tensor x = at::embedding(embedding_, batch.tokens);  // [B,T,C]
    x = first_stack().embed(x, given, is_training(), read);
    for (size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i]->forward(x, given, memories ? &(*memories)[i] : nullptr);
    return final_norm_ ? final_norm_->forward(x) : x;
  }

  Tensor readout(const Tensor& hidden) override { return readout_->forward(hidden, embedding_); }

  int64_t vocabulary() const override { return vocabulary_; }

  int64_t longest_text() const override {
    int64_t longest = kAll;
    for_each_stack([&](const Stack& stack) { longest = std::min(longest, stack.longest_text()); });
    return longest;
  }

  bool depends_on_context() const override {
    bool depends = false;
    for_each_stack([&](const Stack& stack) { depends |= stack.traits(false).depends_on_context; });
    return depends;
  }

  std::vector<const HeadGroups*> head_groups() const override {
    std::vector<const HeadGroups*> all;
    for (const auto& block : blocks_) all.push_back(&block->mixer().groups());
    return all;
  }

 private:
  template <class See>
  void for_each_stack(See see) const {
    for (const auto& block : blocks_)
      for (const HeadGroup& group : block->mixer().groups().list()) see(group.stack);
  }

  /// A modifier that means nothing where it stands would be ignored in silence. In a layer schedule that may be meant
  /// (a variant reaches every layer); when it is idle in every layer, it is refused.
  void refuse_idle_modifiers() const {
    std::map<std::string, bool> turns, moves, embeds;
    bool embedding_in_group = false;
    for_each_stack([&](const Stack& stack) {
      for (const bool training : {true, false}) {
        const Questions questions = stack.questions(training);
        const Traits joined = stack.traits(training);
        for (const Stack::Item& item : stack.items()) {
          if (!item.acts(training)) continue;
          const Traits traits = item.modifier->traits();
          if (traits.needs_turning) turns[item.name] |= joined.gives_turning;
          // Positions are read by what turns, what looks curves up, what reads its place, what embeds.
          if (item.questions.place)
            moves[item.name] |= joined.gives_turning || questions.bias || joined.reads_query_place ||
                                item.questions.reveal || (questions.embed && !traits.maps_far);
          if (item.questions.embed) embeds[item.name] |= stack.shape().layer == 0;
        }
      }
    });
    for (const HeadGroup& group : blocks_.front()->mixer().groups().list())
      embedding_in_group |= !group.name.empty() && group.stack.questions(false).embed;
    if (embedding_in_group)
      throw DoesNotApply("absolute positions are added to the model's input, which all heads read: give them no group");
    const auto refuse = [](const std::map<std::string, bool>& of_use, const char* why) {
      for (const auto& [name, useful] : of_use)
        if (!useful) throw DoesNotApply(fmt::format("the modifier '{}' {}", name, why));
    };
    refuse(turns, "changes how position turns vectors, but no layer it is in turns them: add rope before it");
    refuse(moves, "says where tokens stand, but nothing in its stack reads positions: add rope or a bias to it");
    refuse(embeds, "acts on the model's input: it belongs into the first layer's stack");
  }

  void refuse_without_order(const Given& given) const {
    if (!given.visible.ahead()) return;
    bool order = false;
    for_each_stack([&](const Stack& stack) { order |= stack.traits(is_training()).gives_order; });
    require(order,
            "tokens of a prefix see each other and nothing tells them their order (no position encoding in any layer): "
            "they are a bag of words; choose an encoding that gives order, such as rope");
  }

  const Stack& first_stack() const { return blocks_.front()->mixer().groups().list().front().stack; }

  int64_t vocabulary_;
  bool random_ = false;  // some modifier draws anew for each batch
  Tensor embedding_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Norm> final_norm_;
  std::shared_ptr<Readout> readout_;
};

REGISTER_MODEL(Decoder, "decoder", "decoder-only language model; a prefix in the batch makes it a UniLM",
               "UniLM: Dong 2019, arXiv 1905.03197");

}  // namespace
}  // namespace lx
