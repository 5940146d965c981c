// Llama 3's scaling: waves shorter than N / high stay, longer than N / low are divided by the factor, and in between
// the two are blended linearly in N / wavelength (Dubey et al. 2024, arXiv 2407.21783). Like YaRN's ramp by turns, with
// other bounds and no temperature. N is the trained length, Meta's `original_max_position_embeddings`.
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numbers>

namespace lx {
namespace {

struct Llama3 final : ScoreModifier {
  struct Config {
    double factor = 8, low = 1, high = 4;
    static constexpr auto fields() {
      return std::tuple{
          config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative()),
          config::field("low", &Config::low, "pairs with fewer turns in the trained length are divided by the factor",
                        config::positive()),
          config::field("high", &Config::high, "pairs with more turns in the trained length stay", config::positive())};
    }
  } config;

  Llama3(Config c, const Shape&) : config(c) {
    require(c.high > c.low, "llama3: high ({}) must exceed low ({})", c.high, c.low);
  }

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const Tensor turns = frequencies.theta * (static_cast<double>(scene.shape.trained_length) / (2 * std::numbers::pi));
    const Tensor kept = ((turns - config.low) / (config.high - config.low)).clamp(0, 1);
    frequencies.theta = frequencies.theta * (kept + (1 - kept) / ScaleFactor::of(config.factor, scene));
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = config.factor == 0}; }

  void define(PairRule& rule) const override {
    const auto n = static_cast<double>(rule.trained_length);
    const double s = ScaleFactor::of(config.factor, rule);
    for (double& theta : rule.theta) {
      if (theta == 0) continue;
      const double wave = 2 * std::numbers::pi / theta;
      const double t = (n / wave - config.low) / (config.high - config.low);
      theta = wave < n / config.high ? theta : wave > n / config.low ? theta / s : (1 - t) * theta / s + t * theta;
    }
  }
};

REGISTER_MODIFIER(Llama3, "llama3", "Llama 3: long waves slowed by the factor, short ones kept, a blend between",
                  "Dubey 2024, arXiv 2407.21783");

}  // namespace
}  // namespace lx
