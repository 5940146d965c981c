// Edits of the rotary frequencies for contexts longer than the trained one: PI, NTK in four kinds, YaRN.
// Each multiplies whatever theta the stack has so far by a factor per pair, so that edits compose.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lx {

enum class NtkKind { aware, old, fixed, mixed };
enum class YarnRamp { index, turns };

template <>
struct config::EnumNames<NtkKind> {
  static constexpr std::array<std::pair<std::string_view, NtkKind>, 4> names{
      {{"aware", NtkKind::aware}, {"old", NtkKind::old}, {"fixed", NtkKind::fixed}, {"mixed", NtkKind::mixed}}};
};
template <>
struct config::EnumNames<YarnRamp> {
  static constexpr std::array<std::pair<std::string_view, YarnRamp>, 2> names{
      {{"index", YarnRamp::index}, {"turns", YarnRamp::turns}}};
};

namespace {

struct ScaleFactor {
  static constexpr std::string_view kDoc =
      "how many times longer the context is; 0: this context over the trained length";

  /// A factor of 0 follows the context ("local static": one factor for the whole pass).
  static double of(double factor, const Scene& scene) {
    if (factor > 0) return factor;
    return std::max(1.0, static_cast<double>(scene.context_length) / static_cast<double>(scene.shape.trained_length));
  }
};

// Position interpolation (Chen et al. 2023, arXiv 2306.15595).
struct PositionInterpolation final : ScoreModifier {
  struct Config {
    double factor = 0;
    static constexpr auto fields() {
      return std::tuple{config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative())};
    }
  } config;

  PositionInterpolation(Config c, const Shape&) : config(c) {}

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (frequencies.turning()) frequencies.theta = frequencies.theta / ScaleFactor::of(config.factor, scene);
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = config.factor == 0}; }
};

// The NTK family: theta_m times s^-(exponent that grows with m), the slowest pair divided by (about) s.
//   aware: s^(-2m/(d-2))            base -> base s^(d/(d-2)); the slowest pair by exactly s (bloc97)
//   old:   s^(-2m/d)                base -> base s (kexue.fm 9675)
//   fixed: s^(-2(m+1)/d)            so the fastest pair slows down too (kexue.fm 9706)
//   mixed: exp(-a (m+1)^b), a (d/2)^b = ln s; b = 1 is fixed, b = 0 is PI (kexue.fm 9706)
struct NtkScaling final : ScoreModifier {
  struct Config {
    double factor = 0;
    NtkKind kind = NtkKind::aware;
    double exponent = 0.625;
    static constexpr auto fields() {
      return std::tuple{config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative()),
                        config::field("kind", &Config::kind, "how slowing grows over the pairs"),
                        config::field("exponent", &Config::exponent, "b of the mixed kind: 1 is fixed, 0 is PI",
                                      config::between(0, 1))};
    }
  } config;

  NtkScaling(Config c, const Shape&) : config(c) {}

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const double log_s = std::log(ScaleFactor::of(config.factor, scene));
    const auto pairs = static_cast<double>(frequencies.theta.size(0));
    const Tensor m = at::arange(frequencies.theta.size(0), frequencies.theta.options());
    Tensor slowing;  // how much of log s pair m takes
    switch (config.kind) {
      case NtkKind::aware:
        slowing = m / std::max(pairs - 1, 1.0);
        break;
      case NtkKind::old:
        slowing = m / pairs;
        break;
      case NtkKind::fixed:
        slowing = (m + 1) / pairs;
        break;
      case NtkKind::mixed:
        slowing = ((m + 1) / pairs).pow(config.exponent);
        break;
    }
    frequencies.theta = frequencies.theta * at::exp(slowing * -log_s);
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = config.factor == 0}; }
};

// YaRN (Peng et al. 2023, arXiv 2309.00071): pairs that turn often within the trained length keep their frequency,
// pairs that turn less than `slow` times are interpolated, and a ramp blends between. The paper's bounds (32 and 1)
// assume lengths of thousands: with N = 128 even the fastest pair turns only 20 times, so state `fast` to fit N.
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
      const double first = std::log(turns[0].item<double>()), last = std::log(turns[pairs - 1].item<double>());
      const double step = pairs > 1 ? (first - last) / static_cast<double>(pairs - 1) : 1;
      double low = (first - std::log(config.fast)) / step, high = (first - std::log(config.slow)) / step;
      if (config.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
      }
      low = std::max(low, 0.0);
      high = std::min(high, static_cast<double>(2 * pairs - 1));
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
};

REGISTER_MODIFIER(PositionInterpolation, "pi", "position interpolation: theta / factor (Chen 2023)");
REGISTER_MODIFIER(NtkScaling, "ntk", "NTK scaling of theta: aware (bloc97), old, fixed or mixed (Su 2023)");
REGISTER_MODIFIER(Yarn, "yarn", "YaRN: keep fast pairs, interpolate slow ones, sharpen the softmax (Peng 2023)");

}  // namespace
}  // namespace lx
