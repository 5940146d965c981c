// The blocks of a model, from embedded tokens to final hidden states: what decoders, encoders and both halves of an
// encoder-decoder have alike.
#pragma once

#include "model/block.h"
#include "model/match.h"
#include "model/model.h"
#include "model/model_registry.h"
#include "model/readout.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lx {

/// The settings that every architecture has, but for how many layers there are.
struct TrunkConfig {
  int64_t width = 128;
  config::Node mixer{config::Map{}};
  FeedForwardConfig feed_forward;
  NormConfig norm;
  InitConfig init;
  OutputMap output = OutputMap::tied;
  double dropout = 0;
  std::optional<MatchConfig> match;
  static constexpr auto fields() {
    using C = TrunkConfig;
    return std::tuple{config::field("width", &C::width, "channels of the residual stream (C)", config::at_least(1)),
                      config::field("mixer", &C::mixer,
                                    "what mixes tokens: `name` (attention, gau) and its settings, or `layers` with "
                                    "such by depth"),
                      config::field("feed_forward", &C::feed_forward, "what mixes channels (gated units need none)"),
                      config::field("norm", &C::norm, "normalisation"),
                      config::field("init", &C::init, "starting values of the weights"),
                      config::field("output", &C::output,
                                    "what reads logits from the last states: the embedding (tied), a matrix of its own "
                                    "(untied), or the embedding behind a square projection (projected) or a swap of "
                                    "halves (shuffled)"),
                      config::field("dropout", &C::dropout, "rate after each part while training", config::fraction()),
                      config::field("match", &C::match,
                                    "sizes the model to another: width and inner width are chosen; null: as given")};
  }
};

/// Which tokens of its text a trunk's queries see.
enum class Sight {
  past,    // a decoder: before it
  prefix,  // a UniLM: before it, and within the prefix all
  all,     // an encoder
  shared,  // the one trunk of an encoder-decoder with shared weights: past and all in turn
};

/// What a trunk is built from besides its settings.
struct TrunkParts {
  int64_t layers = 1;
  Sight sight = Sight::past;
  const config::Node& encoding;  // of this trunk's own text
  const config::Node& post_hoc;  // likewise
  int64_t trained_length = 0;    // tokens of that text in training
  Random init;                   // starting values
  std::string name = {};         // "encoder": for places and messages; empty: the only one
  std::string encoding_path = "encoding", post_hoc_path = "variant";
  const CrossConfig* cross = nullptr;  // null: reads no source
  const config::Node *cross_encoding = nullptr, *cross_post_hoc = nullptr;
  int64_t trained_source = 0;
};

class Trunk {
 public:
  Trunk() = default;
  /// Throws Error for settings and DoesNotApply for modifiers that mean nothing here.
  Trunk(const TrunkConfig& config, const TrunkParts& parts);

  /// x [B,T,C] embedded tokens, `given` who sees whom. With memory (empty at first) x continues what was read before.
  Tensor forward(Tensor x, Given given, bool training, Memories* memories, const Source* source = nullptr) const;

  /// Registers everything learned under `owner`, as layers.<i> and final_norm.
  void adopt_into(torch::nn::Module& owner) const;

  /// Tells all its stacks: layer by layer, cross-attention after the layer's own.
  std::vector<PlacedGroups> head_groups() const;
  int64_t longest_text() const;
  bool depends_on_context() const;
  /// Nothing tells tokens that see each other their order: what they read is a bag of words.
  bool bag_of_words(bool training) const;
  const std::vector<std::shared_ptr<Block>>& blocks() const { return blocks_; }
  const std::shared_ptr<Norm>& final_norm() const { return final_norm_; }
  /// Adds what forward() computes and remembers in such a call.
  void add_work(Work& work, const Call& call) const;

 private:
  std::string name_;
  Order sees_ = Order::past;
  bool random_ = false;  // some modifier draws anew for each batch
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Norm> final_norm_;
};

/// Throws DoesNotApply for a modifier that would be ignored in silence in every layer it is in, or that `sight` makes
/// meaningless. `stacks`: all of one trunk's own text.
void check_stacks(const std::vector<const HeadGroups*>& layers, Sight sight);
/// The same of cross-attention's.
void check_cross_stacks(const std::vector<const HeadGroups*>& layers);

}  // namespace lx
