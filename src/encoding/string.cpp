// STRING: the largest distances, met rarely in training, are overwritten by smaller ones that were met often (An et al.
// 2024, arXiv 2410.18745).
//   distance d < shift: d;   from shift on: d - shift + window
// The authors' code multiplies cosines and sines by 0.1 ln 2 + 1 and, in one pass, counts the key at d = shift in both
// parts; neither is part of this. Keys ahead (prefix, encoder): the map is odd, f(-d) = -f(d).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

struct ShiftedFar final : ScoreModifier {
  struct Config {
    int64_t shift = 0, window = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("shift", &Config::shift, "distances below this stay exact; 0: a third of the trained length",
                        config::not_negative()),
          config::field(
              "window", &Config::window,
              "relative position at distance `shift`; 0: a sixteenth of the trained length (128 in the paper, "
              "which assumes thousands)",
              config::not_negative())};
    }
  } config;

  ShiftedFar(Config c, const Shape& shape) : config(c) {
    if (config.shift == 0) config.shift = std::max<int64_t>(shape.trained_length / 3, 1);
    if (config.window == 0) config.window = std::max<int64_t>(shape.trained_length / 16, 1);
    require(config.window <= config.shift, "string: window ({}) must not exceed shift ({})", config.window,
            config.shift);
  }

  void place(Bands& bands, const Scene& scene) const override {
    const Band near = bands.home();
    const auto back = static_cast<double>(config.shift - config.window);
    if (scene.ahead) {
      bands.home() = {kFromEverywhere, near.query + back, near.key};
      bands.insert({-config.shift + 1, near.query, near.key});
    }
    bands.insert({config.shift, near.query - back, near.key});
  }

  Traits traits() const override { return {.maps_far = true}; }

  void define(PairRule& rule) const override {
    rule.relative = [exact = rule.relative, c = config](int64_t i, int64_t j) {
      const double d = exact(i, j);
      const auto s = static_cast<double>(c.shift), w = static_cast<double>(c.window);
      return i - j >= c.shift ? d - s + w : j - i >= c.shift ? d + s - w : d;
    };
  }
};

REGISTER_MODIFIER(ShiftedFar, "string", "distances from a shift on are moved back to a small window",
                  "An 2024, arXiv 2410.18745");

}  // namespace
}  // namespace lx
