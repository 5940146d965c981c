// LongRoPE: each pair has a factor of its own, one list for contexts up to N and one beyond (Ding et al. 2024, arXiv
// 2402.13753). The lists come from a search for each model; an empty `long` list rises geometrically from 1 to the
// factor, which is the NTK-aware list the search may start from, and an empty `short` list changes nothing. The paper
// also leaves the first tokens unscaled, which needs frequencies by token and is not here.
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct LongRope final : ScoreModifier {
  struct Config {
    double factor = 8;
    std::vector<double> short_factors, long_factors;
    bool temperature = true;
    static constexpr auto fields() {
      return std::tuple{
          config::field("factor", &Config::factor, "how many times longer contexts get", config::at_least(1)),
          config::field("short", &Config::short_factors, "theta_m is divided by these up to the trained length",
                        config::positive()),
          config::field("long", &Config::long_factors, "and by these beyond it; empty: from 1 to the factor",
                        config::positive()),
          config::field("temperature", &Config::temperature,
                        "multiply the logits by 1 + ln factor / ln N, as the published code does at every length")};
    }
  } config;
  double log_trained;

  LongRope(Config c, const Shape& shape)
      : config(std::move(c)), log_trained(std::log(static_cast<double>(shape.trained_length))) {
    require(!config.temperature || log_trained > 0, "longrope: the temperature divides by ln N, and N is {}",
            shape.trained_length);
  }

  double divisor(bool beyond, int64_t m, int64_t pairs) const {
    const auto& list = beyond ? config.long_factors : config.short_factors;
    if (list.empty()) {
      if (!beyond || pairs < 2) return 1;
      return std::pow(config.factor, static_cast<double>(m) / static_cast<double>(pairs - 1));
    }
    require(static_cast<int64_t>(list.size()) == pairs, "longrope.{}: {} factors for {} pairs of channels",
            beyond ? "long" : "short", list.size(), pairs);
    return list[static_cast<size_t>(m)];
  }

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const int64_t pairs = frequencies.theta.size(0);
    std::vector<double> divisors;
    for (int64_t m = 0; m < pairs; ++m)
      divisors.push_back(divisor(scene.context_length > scene.shape.trained_length, m, pairs));
    frequencies.theta = frequencies.theta / at::tensor(divisors, at::kDouble);
  }

  void sharpen(Tensor& gain, const Tensor&, const Scene&) const override {
    if (config.temperature) gain = gain * (1 + std::log(config.factor) / log_trained);
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = true}; }

  void define(PairRule& rule) const override {
    const auto pairs = static_cast<int64_t>(rule.theta.size());
    for (int64_t m = 0; m < pairs; ++m)
      rule.theta[static_cast<size_t>(m)] /= divisor(rule.keys > rule.trained_length, m, pairs);
    if (config.temperature)  // the code multiplies cosine and sine by sqrt(1 + ln s / ln N): logits by its square
      rule.gain.push_back(
          [s = std::sqrt(1 + std::log(config.factor) / log_trained)](int64_t, int64_t, double) { return s * s; });
  }
};

REGISTER_MODIFIER(LongRope, "longrope", "LongRoPE: a factor for each pair of channels, other ones beyond N",
                  "Ding 2024, arXiv 2402.13753");

}  // namespace
}  // namespace lx
