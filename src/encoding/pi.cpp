// Position interpolation: all frequencies divided by the factor (Chen et al. 2023, arXiv 2306.15595).
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

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

  void define(PairRule& rule) const override {
    for (double& theta : rule.theta) theta /= ScaleFactor::of(config.factor, rule);
  }

  Traits traits() const override { return {.needs_turning = true, .depends_on_context = config.factor == 0}; }
};

REGISTER_MODIFIER(PositionInterpolation, "pi", "position interpolation: theta / factor", "Chen 2023, arXiv 2306.15595");

}  // namespace
}  // namespace lx
