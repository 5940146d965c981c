// Attention within a window, with leading tokens kept in sight. At test time with the trained length as size this is
// the "super baseline" (kexue.fm 9431); with sinks it is the shape of StreamingLLM and LM-Infinite (positions stay
// true).
#include "base/error.h"
#include "encoding/register.h"

#include <algorithm>
#include <cstdlib>

namespace lx {
namespace {

struct Window final : ScoreModifier {
  struct Config {
    int64_t size = 0;
    int64_t sinks = 0;
    double stacked = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("size", &Config::size,
                        "a query sees keys at distances below this; 0: the trained length, or as `stacked` says",
                        config::not_negative()),
          config::field("sinks", &Config::sinks, "leading tokens that stay visible", config::not_negative()),
          config::field(
              "stacked", &Config::stacked,
              "in place of size: the largest window that, stacked over all layers but one, reaches no further "
              "than this share of the trained length (HWFA: 0.75); 0: as `size` says",
              config::fraction())};
    }
  } config;

  Window(Config c, const Shape& shape) : config(c) {
    require(config.size == 0 || config.stacked == 0, "window: size ({}) and stacked ({}) both say how far: give one",
            config.size, config.stacked);
    if (config.stacked > 0) {
      const auto reach = static_cast<int64_t>(config.stacked * static_cast<double>(shape.trained_length));
      config.size = (reach - 1) / std::max<int64_t>(1, shape.layers - 1) + 1;  // (size - 1)(layers - 1) + 1 <= reach
      require(config.size > 1, "window: {} layers of windows cannot stay within {} of {} tokens", shape.layers,
              config.stacked, shape.trained_length);
    }
    if (config.size == 0) config.size = shape.trained_length;
  }

  void reveal(Visibility& visible, const Scene&) const override {
    visible.window = std::min(visible.window, config.size);
    visible.sinks = std::max(visible.sinks, config.sinks);
  }

  Traits traits() const override { return {.repeatable = true}; }

  void define(PairRule& rule) const override {
    rule.near.push_back([size = config.size](int64_t i, int64_t j) { return std::abs(i - j) < size; });
    rule.sinks = std::max(rule.sinks, config.sinks);
  }
};

REGISTER_MODIFIER(Window, "window", "a query sees `size` tokens, and the first `sinks`; at size N the super baseline",
                  "Su 2023, kexue.fm 9431, 9603; Xiao 2023, arXiv 2309.17453");

}  // namespace
}  // namespace lx
