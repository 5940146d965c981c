// Self-Extend: distances below a window stay exact, farther ones are counted in groups of tokens (Jin et al. 2024,
// arXiv 2401.01325).
//   distance d < window: d;   from window on: floor(i / group) - floor(j / group) + window - floor(window / group)
// The jump at d = window is part of the method. The authors' prefill code takes window / group unrounded, their
// decoding code rounds it down as the paper does: so do we. Keys ahead (prefix, encoder): the map is odd, f(-d) =
// -f(d).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct SelfExtend final : ScoreModifier {
  struct Config {
    int64_t window = 0, group = 8;
    static constexpr auto fields() {
      return std::tuple{
          config::field("window", &Config::window,
                        "distances below this stay exact; 0: a quarter of the trained length (the authors' code: 1024)",
                        config::not_negative()),
          config::field("group", &Config::group, "tokens that share one position beyond the window",
                        config::at_least(1))};
    }
  } config;

  SelfExtend(Config c, const Shape& shape) : config(c) {
    if (config.window == 0) config.window = std::max<int64_t>(shape.trained_length / 4, 1);
  }

  void place(Bands& bands, const Scene& scene) const override {
    const auto group = static_cast<double>(config.group);
    const auto jump = static_cast<double>(config.window - config.window / config.group);
    const Band near = bands.home();
    const Tensor i = (near.query / group).floor(), j = (near.key / group).floor();
    if (scene.ahead) {
      bands.home() = {kFromEverywhere, i - jump, j};
      bands.insert({-config.window + 1, near.query, near.key});
    }
    bands.insert({config.window, i + jump, j});
  }

  Traits traits() const override { return {.maps_far = true}; }

  void define(PairRule& rule) const override {
    rule.relative = [&rule, exact = rule.relative, w = config.window, g = config.group](int64_t i, int64_t j) {
      const auto of = static_cast<double>(g);
      const double steps = std::floor(rule.place(i) / of) - std::floor(rule.place(j) / of);
      const double jump = static_cast<double>(w) - std::floor(static_cast<double>(w) / of);
      if (i - j >= w) return steps + jump;
      if (j - i >= w) return steps - jump;
      return exact(i, j);
    };
  }
};

REGISTER_MODIFIER(SelfExtend, "self_extend", "distances beyond a window are counted in groups of tokens",
                  "Jin 2024, arXiv 2401.01325");

}  // namespace
}  // namespace lx
