// Encoder-decoder (Vaswani et al. 2017): an encoder whose tokens all see each other reads the input, a decoder writes
// the output and reads the encoder's result through cross-attention. Weights of their own for both, or shared.
#include "model/embedded.h"
#include "model/layers.h"
#include "model/model_registry.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

/// Splits examples at their own prefixes and pads the pieces on the right.
struct SplitExamples {
  const Batch& example;
  int64_t rows = example.tokens.size(0), length = example.tokens.size(1);

  bool judges_input() const {
    if (!example.targets.defined()) return false;
    const Tensor input = at::arange(length, example.prefix.options()) < example.prefix.unsqueeze(1);
    return (example.targets != kIgnore).logical_and(input).any().item<bool>();
  }

  Batch uniform(int64_t at) const {
    return {.tokens = example.tokens.narrow(1, at, length - at),
            .targets = example.targets.defined() ? example.targets.narrow(1, at, length - at) : Tensor(),
            .prefix = {},
            .source = example.tokens.narrow(1, 0, at),
            .source_lengths = {}};
  }

  /// [B,width]: row b holds all[b, from[b] .. to[b]), then `filler`.
  static Tensor pieces(const Tensor& all, const Tensor& from, const Tensor& to, int64_t width, int64_t filler) {
    const Tensor place = at::arange(width, from.options()) + from.unsqueeze(1);  // [B,width]
    const Tensor inside = place < to.unsqueeze(1);
    return at::where(inside, all.gather(1, place.clamp_max(all.size(1) - 1)), at::full_like(place, filler));
  }

  Batch ragged(const Tensor& split) const {
    const Tensor none = at::zeros_like(split), all = at::full_like(split, length);
    const int64_t longest_source = split.max().item<int64_t>(), longest = length - split.min().item<int64_t>();
    return {.tokens = pieces(example.tokens, split, all, longest, 0),
            .targets = example.targets.defined() ? pieces(example.targets, split, all, longest, kIgnore) : Tensor(),
            .prefix = {},
            .source = pieces(example.tokens, none, split, longest_source, 0),
            .source_lengths = split.to(at::kCPU)};
  }
};

class EncoderDecoder final : public EmbeddedModel {
 public:
  struct Config : TrunkConfig {
    int64_t encoder_layers = 3, decoder_layers = 3;
    bool shared = false;
    CrossConfig cross;
    static constexpr auto fields() {
      return std::tuple_cat(
          std::tuple{
              config::field("encoder_layers", &Config::encoder_layers, "blocks of the encoder", config::at_least(1)),
              config::field("decoder_layers", &Config::decoder_layers, "blocks of the decoder", config::at_least(1)),
              config::field("shared", &Config::shared,
                            "encoder and decoder are the same blocks; only cross-attention is the decoder's own"),
              config::field("cross", &Config::cross, "how the decoder reads the source")},
          TrunkConfig::fields());
    }
  };

  EncoderDecoder(const Config& config, const ModelParts& parts, const std::string& path)
      : EmbeddedModel(config, parts, config.encoder_layers + config.decoder_layers) {
    const EncodingOfParts encoding = encoding_of_parts(parts.encoding), post_hoc = encoding_of_parts(parts.post_hoc);
    const int64_t n = parts.context.trained_length;
    const int64_t input = parts.context.input_length > 0 ? parts.context.input_length : n;
    const int64_t output = parts.context.output_length > 0 ? parts.context.output_length : n;
    require(!config.shared || config.encoder_layers == config.decoder_layers,
            "{}.shared: encoder and decoder of the same blocks have as many, got {} and {}", path,
            config.encoder_layers, config.decoder_layers);
    require(!config.shared || !(encoding.own_encoder || post_hoc.own_encoder),
            "encoding.encoder: with {}.shared=true encoder and decoder are the same blocks, with the same encoding",
            path);
    const auto path_of = [](const config::Node& section, const char* root, const char* part) {
      return section.is_map() && section.map().find(part) ? std::string(root) + "." + part : std::string(root);
    };
    if (!config.shared) {
      encoder_ = Trunk(config, {.layers = config.encoder_layers,
                                .sight = Sight::all,
                                .encoding = encoding.encoder,
                                .post_hoc = post_hoc.encoder,
                                .trained_length = input,
                                .init = parts.init.fork("encoder"),
                                .name = "encoder",
                                .encoding_path = path_of(parts.encoding, "encoding", "encoder"),
                                .post_hoc_path = path_of(parts.post_hoc, "variant", "encoder")});
    }
    decoder_ = Trunk(config, {.layers = config.decoder_layers,
                              .sight = config.shared ? Sight::shared : Sight::past,
                              .encoding = encoding.decoder,
                              .post_hoc = post_hoc.decoder,
                              .trained_length = config.shared ? std::max(input, output) : output,
                              .init = parts.init,
                              .name = config.shared ? "" : "decoder",
                              .encoding_path = path_of(parts.encoding, "encoding", "decoder"),
                              .post_hoc_path = path_of(parts.post_hoc, "variant", "decoder"),
                              .cross = &config.cross,
                              .cross_encoding = &encoding.cross,
                              .cross_post_hoc = &post_hoc.cross,
                              .trained_source = input});
    shared_ = config.shared;
    if (shared_) {
      decoder_.adopt_into(*this);
    } else {
      for (const auto& [name, trunk] : {std::pair{"encoder", &encoder_}, std::pair{"decoder", &decoder_}}) {
        auto part = std::make_shared<torch::nn::Module>();
        trunk->adopt_into(*part);
        register_module(name, part);
      }
    }
    make_output(config, parts, config.encoder_layers + config.decoder_layers);
  }

  Batch arrange(Batch example) const override {
    const SplitExamples split{example};
    if (!example.prefix.defined()) return split.uniform(0);
    const int64_t least = example.prefix.min().item<int64_t>(), most = example.prefix.max().item<int64_t>();
    require(most < split.length, "an input of {} tokens leaves none of {} to write", most, split.length);
    require(!split.judges_input(),
            "an encoder-decoder predicts nothing within its input, and here that is judged: set objective.loss=output");
    return least == most ? split.uniform(least) : split.ragged(example.prefix);
  }

  bool answers(Asks asked) const override { return asked == Asks::continuation; }

  /// Encodes batch.source and writes on; without a source, memories remember it.
  Tensor hidden(const Batch& batch, Memories* memories) override {
    Source source;
    const bool begins = !memories || memories->empty();
    if (begins) {
      require(batch.source.defined(), "an encoder-decoder needs a source to read: arrange() makes one of an example");
      source.lengths = batch.source_lengths;
      source.hidden = encode(batch.source, batch.source_lengths);
    }
    Given given;
    given.watch = watch_;
    return decoder_.forward(embed(batch.tokens), given, is_training(), memories, begins ? &source : nullptr);
  }

  std::vector<PlacedGroups> head_groups() const override {
    std::vector<PlacedGroups> all = shared_ ? std::vector<PlacedGroups>{} : encoder_.head_groups();
    for (PlacedGroups& groups : decoder_.head_groups()) all.push_back(std::move(groups));
    return all;
  }
  int64_t longest_text() const override {
    return shared_ ? decoder_.longest_text() : std::min(encoder_.longest_text(), decoder_.longest_text());
  }
  bool depends_on_context() const override {
    return decoder_.depends_on_context();  // the encoder reads its text as a whole, whatever is written
  }
  std::vector<std::string> remarks() const override {
    if (!(shared_ ? decoder_ : encoder_).bag_of_words(true)) return {};
    return {
        "nothing tells the tokens of the source their order (no position encoding in the encoder): it is a bag of "
        "words"};
  }

  Work work(const Batch& batch, const Past& past) const override {
    const bool begins = batch.source.defined();
    const int64_t rows = batch.tokens.size(0), queries = batch.tokens.size(1);
    Call call{.batch = rows,
              .queries = queries,
              .before = past.tokens,
              .training = is_training(),
              .source = begins ? batch.source.size(1) : past.source,
              .source_remembered = !begins,
              .source_lengths = batch.source_lengths};
    Work work;
    decoder_.add_work(work, call);
    if (begins && call.source > 0) {
      Call reading{.batch = rows, .queries = call.source, .training = call.training};
      reading.visible = {.lengths = batch.source_lengths, .order = Order::all};
      Work encoder;
      (shared_ ? decoder_ : encoder_).add_work(encoder, reading);
      work.mixers += encoder.mixers;
      work.attention += encoder.attention;
      work.feed_forward += encoder.feed_forward;  // it remembers nothing
    }
    add_output_work(work, rows * queries);
    return work;
  }

 private:
  Tensor encode(const Tensor& tokens, const Tensor& lengths) {
    const Tensor x = embed(tokens);
    if (tokens.size(1) == 0) return x;
    Given given;
    given.visible.order = Order::all;
    given.watch = watch_;
    given.part = "encoder";
    if (lengths.defined()) given.visible.lengths = lengths.to(tokens.device());
    return (shared_ ? decoder_ : encoder_).forward(x, given, is_training(), nullptr);
  }

  bool shared_ = false;
  Trunk encoder_, decoder_;
};

REGISTER_MODEL(EncoderDecoder, "encoder_decoder", "an encoder reads the input, a decoder writes the output",
               "Vaswani 2017, arXiv 1706.03762; T5: Raffel 2020, arXiv 1910.10683");

}  // namespace
}  // namespace lx
