// FoPE's clamp: pairs that complete no turn within the trained length stop turning, since training shows only an arc of
// them (Hua et al. 2024, arXiv 2412.17739). The paper's mixture of frequencies is not here: it sums several turns of
// one channel pair, and a pair of this algebra turns once.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <numbers>

namespace lx {
namespace {

struct FopeClamp final : ScoreModifier {
  struct Config {
    double turns = 1;
    static constexpr auto fields() {
      return std::tuple{config::field("turns", &Config::turns, "pairs with fewer turns in the trained length stop",
                                      config::positive())};
    }
  } config;
  double slowest;

  FopeClamp(Config c, const Shape& shape)
      : config(c), slowest(c.turns * 2 * std::numbers::pi / static_cast<double>(shape.trained_length)) {}

  void tune(Frequencies& frequencies, const Scene&) const override {
    if (frequencies.turning()) frequencies.theta = frequencies.theta.masked_fill(frequencies.theta < slowest, 0);
  }

  Traits traits() const override { return {.needs_turning = true}; }

  void define(PairRule& rule) const override {
    for (double& theta : rule.theta)
      if (theta * static_cast<double>(rule.trained_length) / (2 * std::numbers::pi) < config.turns) theta = 0;
  }
};

REGISTER_MODIFIER(FopeClamp, "fope_clamp", "pairs that complete no turn in the trained length stop (FoPE's clamp)",
                  "Hua 2024, arXiv 2412.17739");

}  // namespace
}  // namespace lx
