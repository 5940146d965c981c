// YaRN (Peng et al. 2023, arXiv 2309.00071): pairs that turn often within the trained length keep their frequency,
// pairs that turn less than `slow` times are interpolated, and a ramp blends between. The paper's bounds (32 and 1)
// assume lengths of thousands: with N = 128 even the fastest pair turns only 20 times, so state `fast` to fit N.
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lx {

enum class YarnRamp { index, turns };
template <>
struct config::EnumNames<YarnRamp> {
  static constexpr std::array<std::pair<std::string_view, YarnRamp>, 2> names{
      {{"index", YarnRamp::index}, {"turns", YarnRamp::turns}}};
};

namespace {

struct Yarn final : ScoreModifier {
  struct Config {
    double factor = 0;
    double fast = 32, slow = 1;
    YarnRamp ramp = YarnRamp::index;
    bool truncate = true;
    bool temperature = true;
    static constexpr auto fields() {
      return std::tuple{
          config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative()),
          config::field("fast", &Config::fast, "pairs with more turns in the trained length are kept",
                        config::positive()),
          config::field("slow", &Config::slow, "pairs with fewer turns are interpolated", config::positive()),
          config::field("ramp", &Config::ramp,
                        "blend linearly in the pair's index (the paper's code) or in its turns (kexue.fm 9948)"),
          config::field("truncate", &Config::truncate,
                        "round the ramp's ends to whole pairs, as the paper's code does (index only)"),
          config::field("temperature", &Config::temperature, "multiply the logits by (0.1 ln factor + 1)^2")};
    }
  } config;

  Yarn(Config c, const Shape&) : config(c) {
    require(c.fast > c.slow, "yarn: fast ({}) must exceed slow ({})", c.fast, c.slow);
  }

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const Tensor turns = frequencies.theta * (static_cast<double>(scene.shape.trained_length) / (2 * std::numbers::pi));
    Tensor interpolated;  // 0: kept, 1: divided by the factor
    if (config.ramp == YarnRamp::turns) {
      interpolated = 1 - ((turns - config.slow) / (config.fast - config.slow)).clamp(0, 1);
    } else {
      // The paper solves for the (fractional) pair with so many turns; theta falls geometrically, so log(turns) is
      // linear in the pair's index.
      const int64_t pairs = turns.size(0);
      double low = 0, high = 0;
      if (pairs > 1) {
        const double first = std::log(turns[0].item<double>()), step = first - std::log(turns[1].item<double>());
        low = (first - std::log(config.fast)) / step;
        high = (first - std::log(config.slow)) / step;
        if (config.truncate) {
          low = std::floor(low);
          high = std::ceil(high);
        }
        low = std::max(low, 0.0);
        high = std::min(high, static_cast<double>(2 * pairs - 1));
      }
      if (low >= high) high = low + 0.001;  // as the paper's code: no division by zero
      interpolated = ((at::arange(pairs, turns.options()) - low) / (high - low)).clamp(0, 1);
    }
    const double factor = ScaleFactor::of(config.factor, scene);
    frequencies.theta = frequencies.theta * (1 - interpolated + interpolated / factor);
  }

  void sharpen(Tensor& gain, const Tensor&, const Scene& scene) const override {
    if (!config.temperature) return;
    const double mu = 0.1 * std::log(ScaleFactor::of(config.factor, scene)) + 1;
    gain = gain * (mu * mu);
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = config.factor == 0}; }

  void define(PairRule& rule) const override {
    const double s = ScaleFactor::of(config.factor, rule), pi = std::numbers::pi;
    const auto n = static_cast<double>(rule.trained_length), pairs = static_cast<double>(rule.theta.size());
    double low = 0, high = 0;
    if (config.ramp == YarnRamp::index && rule.theta.size() > 1) {
      // theta_m = theta_0 b^(-m/P): the pair that turns so often within N, as a fraction of an index.
      const double b = std::pow(rule.theta[0] / rule.theta[1], pairs);
      const auto pair_with = [&](double turns) {
        return pairs * std::log(n * rule.theta[0] / (turns * 2 * pi)) / std::log(b);
      };
      low = pair_with(config.fast);
      high = pair_with(config.slow);
      if (config.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
      }
      low = std::max(low, 0.0);
      high = std::min(high, 2 * pairs - 1);
    }
    if (low >= high) high = low + 0.001;
    for (size_t m = 0; m < rule.theta.size(); ++m) {
      double& theta = rule.theta[m];
      const double turns = n * theta / (2 * pi);
      const double slowed = config.ramp == YarnRamp::turns
                                ? 1 - std::clamp((turns - config.slow) / (config.fast - config.slow), 0.0, 1.0)
                                : std::clamp((static_cast<double>(m) - low) / (high - low), 0.0, 1.0);
      theta = (1 - slowed) * theta + slowed * theta / s;
    }
    if (config.temperature)
      rule.gain.push_back([s](int64_t, int64_t, double) { return std::pow(0.1 * std::log(s) + 1, 2); });
  }
};

REGISTER_MODIFIER(Yarn, "yarn", "YaRN: keep fast pairs, interpolate slow ones, sharpen the softmax",
                  "Peng 2023, arXiv 2309.00071; kexue.fm 9948");

}  // namespace
}  // namespace lx
