// ReRoPE and Leaky ReRoPE: relative positions stop, or slow down, beyond a window (kexue.fm 9708, 9728).
//   distance d < window: d;   from window on: window + (d - window) * interval
// interval 0 is ReRoPE, 1/k Leaky ReRoPE; an interval above 1 while training is the inverse Leaky ReRoPE.
// Keys ahead (prefix, encoder): the map is odd, f(-d) = -f(d), which the posts leave open.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct ReRope final : ScoreModifier {
  struct Config {
    int64_t window = 0;
    double interval = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("window", &Config::window, "distances below this stay exact; 0: half the trained length",
                        config::not_negative()),
          config::field("interval", &Config::interval,
                        "spacing of positions from the window on: 0 is ReRoPE, 1/k Leaky ReRoPE",
                        config::not_negative())};
    }
  } config;

  ReRope(Config c, const Shape& shape) : config(c) {
    if (config.window == 0) config.window = std::max<int64_t>(shape.trained_length / 2, 1);
  }

  void place(Bands& bands, const Scene& scene) const override {
    const Tensor i = bands.home().query, j = bands.home().key;
    const auto w = static_cast<double>(config.window);
    if (scene.ahead) {
      const Band near = bands.home();
      bands.home() = {kFromEverywhere, (i + w) * config.interval - w, j * config.interval};
      bands.insert({-config.window + 1, near.query, near.key});
    }
    bands.insert({config.window, (i - w) * config.interval + w, j * config.interval});
  }

  Traits traits() const override {
    return {.maps_far = true, .fractions = config.interval != std::floor(config.interval)};
  }

  void define(PairRule& rule) const override {
    rule.relative = [c = config, exact = rule.relative](int64_t i, int64_t j) {
      const double d = exact(i, j);
      const auto w = static_cast<double>(c.window);
      if (i - j >= c.window) return w + (d - w) * c.interval;
      if (i - j <= -c.window) return -w + (d + w) * c.interval;
      return d;
    };
  }
};

REGISTER_MODIFIER(ReRope, "rerope", "relative positions stop (interval 0) or slow down beyond a window",
                  "Su 2023, kexue.fm 9708, 9728");

}  // namespace
}  // namespace lx
