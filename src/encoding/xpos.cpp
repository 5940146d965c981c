// xPos: the product of pair m is also multiplied by zeta_m^(d / scale), zeta_m = (2m/D + gamma) / (1 + gamma), which
// fades slow pairs less than fast ones (Sun et al. 2022, arXiv 2212.10554). Fading a product brings its logit to zero,
// not to minus infinity: the paper extrapolates with blockwise causal attention on top (`blocks`). Not defined for keys
// behind the query's place, which would be amplified.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct XPos final : ScoreModifier {
  struct Config {
    double scale = 512, gamma = 0.4;
    static constexpr auto fields() {
      return std::tuple{
          config::field("scale", &Config::scale, "distance over which pair m fades by zeta_m", config::positive()),
          config::field("gamma", &Config::gamma, "zeta_m = (2m/D + gamma) / (1 + gamma)", config::positive())};
    }
  } config;

  XPos(Config c, const Shape&) : config(c) {}

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const Tensor m = at::arange(frequencies.theta.size(0), at::kDouble);
    const Tensor zeta = (2 * m / static_cast<double>(scene.shape.head_dim) + config.gamma) / (1 + config.gamma);
    frequencies.growth = zeta.log() / config.scale;
  }

  Traits traits() const override { return {.needs_turning = true, .past_only = true}; }

  void define(PairRule& rule) const override {
    const auto d = static_cast<double>(rule.head_dim);
    for (size_t m = 0; m < rule.theta.size(); ++m) {
      const double zeta = (2 * static_cast<double>(m) + config.gamma * d) / ((1 + config.gamma) * d);
      rule.growth.push_back(std::log(zeta) / config.scale);
    }
  }
};

REGISTER_MODIFIER(XPos, "xpos", "xPos: rotated products fade with distance, fast pairs sooner",
                  "Sun 2022, arXiv 2212.10554");

}  // namespace
}  // namespace lx
