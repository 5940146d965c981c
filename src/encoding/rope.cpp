// Rotary position embedding: channel pair m turns by position * base^(-2m/D) (Su et al. 2021, arXiv 2104.09864).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct Rope final : ScoreModifier {
  struct Config {
    double base = 10000;
    static constexpr auto fields() {
      return std::tuple{config::field("base", &Config::base, "theta_m = base^(-2m/D); a larger base turns slower",
                                      config::positive())};
    }
  } config;
  int64_t pairs;

  Rope(Config c, const Shape& shape) : config(c), pairs(shape.head_dim / 2) {
    require(shape.head_dim % 2 == 0, "rope turns channels in pairs: the width of a head must be even, got {}",
            shape.head_dim);
  }

  void tune(Frequencies& frequencies, const Scene&) const override {
    const Tensor m = at::arange(pairs, at::kDouble);
    frequencies.theta = at::exp(m * (-std::log(config.base) / static_cast<double>(pairs)));  // [D/2]
  }

  Traits traits() const override { return {.gives_turning = true}; }
};

REGISTER_MODIFIER(Rope, "rope", "rotary embedding: pair m turns by position * base^(-2m/D) (Su 2021)");

}  // namespace
}  // namespace lx
