// One residual block: a mixer and, unless the mixer is a gated unit, a feed-forward part, each in its residual
// connection.
#pragma once

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
  static constexpr auto fields() {
    return std::tuple{
        config::field("activation", &FeedForwardConfig::activation, "gelu, swiglu (two inner maps) or squared ReLU"),
        config::field("ratio", &FeedForwardConfig::ratio, "inner width over the model's width", config::positive()),
        config::field("bias", &FeedForwardConfig::bias,
                      "biases on both maps: true, false or a list of those that have one: inner, output")};
  }
};

class FeedForward : public torch::nn::Module {
 public:
  FeedForward(const FeedForwardConfig& config, int64_t width, double dropout_rate, const Initialiser& init);
  Tensor forward(const Tensor& x) const;  // [B,T,C] -> [B,T,C]

 private:
  Activation activation_;
  double dropout_;
  std::shared_ptr<Linear> inner_, output_;
};

class Block : public torch::nn::Module {
 public:
  /// `feed_forward` may be null (gated units). `blocks`: how many the model stacks.
  Block(const NormConfig& norm, int64_t width, int64_t blocks, std::shared_ptr<Mixer> mixer,
        std::shared_ptr<FeedForward> feed_forward);
  Tensor forward(const Tensor& x, const Given& given, Memory* memory) const;
  const Mixer& mixer() const { return *mixer_; }

 private:
  std::shared_ptr<Mixer> mixer_;
  std::shared_ptr<FeedForward> feed_forward_;
  Residual mixer_residual_, feed_forward_residual_;
};

}  // namespace lx
