// Scales the logits of query i by log n_i over log N, n_i = keys it sees, so that attention keeps its entropy as
// contexts grow. Su, "entropy invariance" (kexue.fm 8823). `floor: 1` leaves queries within the base length as they
// were trained: the test-time form, marked with a dagger in kexue.fm 9706. A model trained with log n uses `floor: 0`.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct LogN final : ScoreModifier {
  struct Config {
    double base = 0;
    double floor = 1;
    int64_t least_keys = 1;
    static constexpr auto fields() {
      return std::tuple{config::field("base", &Config::base, "number of keys with gain 1; 0: the trained length",
                                      config::not_negative()),
                        config::field("floor", &Config::floor, "smallest gain: 1 at test time, 0 in training",
                                      config::not_negative()),
                        config::field("least_keys", &Config::least_keys,
                                      "fewer keys count as this many (16 in softmax-plus)", config::at_least(1))};
    }
  } config;

  LogN(Config c, const Shape& shape) : config(c) {
    if (config.base == 0) config.base = static_cast<double>(shape.trained_length);
    require(config.base > 1, "log_n: the base must exceed 1 (log 1 is 0), got {}", config.base);
  }

  void sharpen(Tensor& gain, const Tensor& visible_keys, const Scene&) const override {
    // A query that sees nothing has no gain to speak of: clamp keeps its log finite.
    const auto least = static_cast<double>(config.least_keys);
    gain =
        gain * (visible_keys.clamp_min(least).log() / std::log(config.base)).clamp_min(config.floor);  // [1 or B,1,Tq]
  }

  void define(PairRule& rule) const override {
    rule.gain.push_back([c = config](int64_t, int64_t, double seen) {
      const double n = std::max(seen, static_cast<double>(c.least_keys));
      return std::max(std::log(n) / std::log(c.base), c.floor);
    });
  }
};

REGISTER_MODIFIER(LogN, "log_n", "logits grow with the log of the number of visible keys",
                  "Su 2021, kexue.fm 8823, 9706");

}  // namespace
}  // namespace lx
