// Resonance: each wavelength rounded to a whole number of tokens, so that angles repeat exactly and no new one appears
// beyond the trained length for pairs that complete a turn within it (Wang et al. 2024, arXiv 2403.00071). Put it
// behind the scaling it is to round (YaRN in the paper).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace lx {
namespace {

struct Resonance final : ScoreModifier {
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };
  explicit Resonance(Config, const Shape&) {}

  void tune(Frequencies& frequencies, const Scene&) const override {
    if (!frequencies.turning()) return;
    const Tensor theta = frequencies.theta, wave = (2 * std::numbers::pi / theta).round();  // halves to even
    frequencies.theta = at::where(theta > 0, 2 * std::numbers::pi / wave, theta);
  }

  Traits traits() const override { return {.needs_turning = true}; }

  void define(PairRule& rule) const override {
    for (double& theta : rule.theta)
      if (theta > 0) theta = 2 * std::numbers::pi / std::nearbyint(2 * std::numbers::pi / theta);
  }
};

REGISTER_MODIFIER(Resonance, "resonance", "wavelengths rounded to whole tokens, so that trained angles repeat exactly",
                  "Wang 2024, arXiv 2403.00071");

}  // namespace
}  // namespace lx
