// Attention temperature by one number: logits divided by it. Left at 0 it is YaRN's, 1 / (0.1 ln s + 1)^2 for a context
// s times longer, without YaRN's frequencies: so that the two causes can be told apart (Peng et al. 2023, arXiv
// 2309.00071). `plain` drops the 1/sqrt(D), as T5 does.
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct Temperature final : ScoreModifier {
  struct Config {
    double value = 0, factor = 0;
    bool plain = false;
    static constexpr auto fields() {
      return std::tuple{
          config::field("value", &Config::value, "logits are divided by this; 0: by YaRN's value for `factor`",
                        config::not_negative()),
          config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative()),
          config::field("plain", &Config::plain, "leave 1/sqrt(D) out")};
    }
  } config;

  Temperature(Config c, const Shape&) : config(c) {
    require(c.value == 0 || c.factor == 0, "temperature: give `value` ({}) or `factor` ({}), not both", c.value,
            c.factor);
  }

  template <class Call>  // Scene or PairRule
  double sharpness(const Call& call) const {
    if (config.value > 0) return 1 / config.value;
    return std::pow(0.1 * std::log(ScaleFactor::of(config.factor, call)) + 1, 2);
  }

  void sharpen(Tensor& gain, const Tensor&, const Scene& scene) const override {
    gain = gain * (sharpness(scene) * (config.plain ? std::sqrt(static_cast<double>(scene.shape.head_dim)) : 1));
  }

  Traits traits() const override { return {.depends_on_context = config.value == 0 && config.factor == 0}; }

  void define(PairRule& rule) const override {
    const double root = config.plain ? std::sqrt(static_cast<double>(rule.head_dim)) : 1;
    rule.gain.push_back([sharp = sharpness(rule) * root](int64_t, int64_t, double) { return sharp; });
  }
};

REGISTER_MODIFIER(Temperature, "temperature", "logits divided by one number, or by YaRN's for a longer context",
                  "Peng 2023, arXiv 2309.00071");

}  // namespace
}  // namespace lx
