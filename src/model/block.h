// One residual block: a mixer and, unless the mixer is a gated unit, a feed-forward part, each in its residual
// connection.
#pragma once

#include "model/cross_attention.h"
#include "model/mixer.h"
#include "model/parts.h"
#include "model/residual.h"

#include <memory>

namespace lx {

enum class Activation { gelu, swiglu, relu2 };
template <>
struct config::EnumNames<Activation> {
  static constexpr std::array<std::pair<std::string_view, Activation>, 3> names{
      {{"gelu", Activation::gelu}, {"swiglu", Activation::swiglu}, {"relu2", Activation::relu2}}};
};

struct FeedForwardConfig {
  Activation activation = Activation::gelu;
  double ratio = 4;
  Biases bias{{"inner", "output"}};
  int64_t inner = 0;
  static constexpr auto fields() {
    return std::tuple{
        config::field("activation", &FeedForwardConfig::activation, "gelu, swiglu (two inner maps) or squared ReLU"),
        config::field("ratio", &FeedForwardConfig::ratio, "inner width over the model's width", config::positive()),
        config::field("bias", &FeedForwardConfig::bias,
                      "biases on both maps: true, false or a list of those that have one: inner, output"),
        config::field("inner", &FeedForwardConfig::inner,
                      "the inner width itself, in place of `ratio`; 0: ratio x width", config::not_negative())};
  }
};

class FeedForward : public torch::nn::Module {
 public:
  FeedForward(const FeedForwardConfig& config, int64_t width, double dropout_rate, const Initialiser& init);
  Tensor forward(const Tensor& x) const;  // [B,T,C] -> [B,T,C]
  int64_t operations(int64_t rows) const { return inner_->operations(rows) + output_->operations(rows); }

 private:
  Activation activation_;
  double dropout_;
  std::shared_ptr<Linear> inner_, output_;
};

class Block : public torch::nn::Module {
 public:
  /// `feed_forward` may be null (gated units), and so may `cross` (all but a decoder beside an encoder). `blocks`: how
  /// many the stack has.
  Block(const NormConfig& norm, int64_t width, int64_t blocks, std::shared_ptr<Mixer> mixer,
        std::shared_ptr<FeedForward> feed_forward, std::shared_ptr<CrossAttention> cross = nullptr);
  /// x [B,T,C] -> [B,T,C]. The source, where there is one, is read between mixer and feed-forward; null: as `memory`
  /// remembers it, or not at all. Rows without a source pass that part by unchanged.
  Tensor forward(Tensor x, const Given& given, Memory* memory, const Source* source = nullptr) const;
  const Mixer& mixer() const { return *mixer_; }
  const CrossAttention* cross() const { return cross_.get(); }
  /// Adds what forward() computes and remembers in such a call.
  void add_work(Work& work, const Call& call) const;

 private:
  Tensor read_source(const Tensor& x, const Given& given, int64_t read, Memory* memory, const Source* source) const;

  std::shared_ptr<Mixer> mixer_;
  std::shared_ptr<FeedForward> feed_forward_;
  std::shared_ptr<CrossAttention> cross_;
  Residual mixer_residual_, feed_forward_residual_, cross_residual_;
};

}  // namespace lx
