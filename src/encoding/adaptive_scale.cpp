// The scale of ASEntmax: logits times offset + beta (log n)^gamma, beta and gamma read off the layer's input for each
// token and head: beta = softplus(W x + b), gamma = range tanh(V x + c) (Vasylenko et al. 2025, arXiv 2506.16640).
// n counts one more than the keys a query sees, as the paper's code does: log n must be positive for a real power.
#include "encoding/register.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct AdaptiveScale final : ScoreModifier {
  struct Config {
    double offset = 1, range = 2;
    static constexpr auto fields() {
      return std::tuple{
          config::field("offset", &Config::offset, "what beta (log n)^gamma is added to"),
          config::field("range", &Config::range, "gamma lies between -range and range", config::positive())};
    }
  } config;
  Tensor beta, beta_bias, gamma, gamma_bias;  // [H,C], [H]

  AdaptiveScale(Config c, const Shape& shape) : config(c) {
    beta = parameter("beta", start(shape, "beta"));
    beta_bias = parameter("beta_bias", at::zeros({shape.heads}));
    gamma = parameter("gamma", start(shape, "gamma"));
    gamma_bias = parameter("gamma_bias", at::zeros({shape.heads}));
  }

  static Tensor start(const Shape& shape, const char* name) {
    Random random = shape.random.fork(name);
    return normal_tensor(random, {shape.heads, shape.width}).mul_(0.02);
  }

  void sharpen(Tensor& gain, const Tensor& visible_keys, const Scene& scene) const override {
    require(scene.hidden.defined(), "adaptive_scale reads the layer's input: its gain is not known without text");
    const Tensor& x = scene.hidden;                                                                // [B,Tq,C]
    const Tensor b = at::softplus(at::linear(x, beta, beta_bias)).transpose(1, 2);                 // [B,H,Tq]
    const Tensor g = (config.range * at::tanh(at::linear(x, gamma, gamma_bias))).transpose(1, 2);  // [B,H,Tq]
    const Tensor log_n = (visible_keys + 1).log().to(x.scalar_type());                             // [1 or B,1,Tq]
    gain = gain * (config.offset + b * at::pow(log_n, g));
  }

  Traits traits() const override { return {.reads_input = true}; }

  void define(PairRule& rule) const override {
    const auto read = [](const Tensor& weight, const Tensor& bias, int64_t h, const Numbers& x) {
      double sum = number(bias, {h});
      for (size_t c = 0; c < x.size(); ++c) sum += number(weight, {h, static_cast<int64_t>(c)}) * x[c];
      return sum;
    };
    rule.gain.push_back([this, read, hidden = rule.hidden](int64_t h, int64_t i, double seen) {
      const Numbers x = hidden(i);
      const double b = std::log1p(std::exp(read(beta, beta_bias, h, x)));
      const double g = config.range * std::tanh(read(gamma, gamma_bias, h, x));
      return config.offset + b * std::pow(std::log(seen + 1), g);
    });
  }
};

REGISTER_MODIFIER(AdaptiveScale, "adaptive_scale", "logits times offset + beta (log n)^gamma, both read off the token",
                  "Vasylenko 2025, arXiv 2506.16640");

}  // namespace
}  // namespace lx
