// ReRoPE and Leaky ReRoPE: relative positions stop, or slow down, beyond a window (kexue.fm 9708, 9728).
//   distance d < window: d;   from window on: window + (d - window) * interval
// interval 0 is ReRoPE, 1/k Leaky ReRoPE; an interval above 1 while training is the inverse Leaky ReRoPE.
// Keys ahead (prefix, encoder): the map is odd, f(-d) = -f(d), which the posts leave open.
#include "encoding/register.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct ReRope final : ScoreModifier {
  struct Config {
    int64_t window = 256;
    double interval = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("window", &Config::window, "distances below this stay exact", config::at_least(1)),
          config::field("interval", &Config::interval,
                        "spacing of positions from the window on: 0 is ReRoPE, 1/k Leaky ReRoPE",
                        config::not_negative())};
    }
  } config;

  ReRope(Config c, const Shape&) : config(c) {}

  void place(Bands& bands, const Scene& scene) const override {
    const Tensor i = home_band(bands).query, j = home_band(bands).key;
    const auto w = static_cast<double>(config.window);
    insert_band(bands, {config.window, (i - w) * config.interval + w, j * config.interval});
    if (scene.ahead) {
      const Band near = home_band(bands);
      bands.front() = {kFromEverywhere, (i + w) * config.interval - w, j * config.interval};
      insert_band(bands, {-config.window + 1, near.query, near.key});
    }
  }

  Traits traits() const override { return {.needs_turning = true}; }
};

REGISTER_MODIFIER(ReRope, "rerope", "relative positions stop (interval 0) or slow down beyond a window (Su 2023)");

}  // namespace
}  // namespace lx
