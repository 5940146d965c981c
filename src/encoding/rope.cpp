// Rotary position embedding: channel pair m turns by position * base^(-2m/D) (Su et al. 2021, arXiv 2104.09864).
// `fraction` rotates the first channels only, with the exponent counted over them (GPT-NeoX). `proportion` keeps the
// fastest pairs of the whole head and stops the rest (p-RoPE, Barbero et al. 2024, arXiv 2410.06205).
// `base_for` takes the smallest base at which near keys stay favoured up to a length (kexue.fm 10122; base_choice.h).
#include "encoding/base_choice.h"
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {

enum class RopeLayout { half, interleaved };
template <>
struct config::EnumNames<RopeLayout> {
  static constexpr std::array<std::pair<std::string_view, RopeLayout>, 2> names{
      {{"half", RopeLayout::half}, {"interleaved", RopeLayout::interleaved}}};
};

namespace {

struct Rope final : ScoreModifier {
  struct Config {
    double base = 10000;
    int64_t base_for = 0;
    RopeLayout layout = RopeLayout::half;
    double fraction = 1, proportion = 1;
    static constexpr auto fields() {
      constexpr config::Bounds share{.low = 0, .high = 1, .open_low = true};
      return std::tuple{
          config::field("base", &Config::base, "theta_m = base^(-2m/D); a larger base turns slower",
                        config::positive()),
          config::field("base_for", &Config::base_for,
                        "take the smallest base admissible for texts of this length instead; 0: `base` holds",
                        config::not_negative()),
          config::field("layout", &Config::layout, "channels that turn together: m and m + D/2, or 2m and 2m + 1"),
          config::field("fraction", &Config::fraction,
                        "share of the head's channels that turn; the exponent counts over these (partial RoPE)", share),
          config::field("proportion", &Config::proportion,
                        "share of the pairs that turn, fastest first; the exponent counts over all (p-RoPE)", share)};
    }
  } config;
  int64_t pairs;  // P

  Rope(Config c, const Shape& shape) : config(c) {
    require(shape.head_dim % 2 == 0, "rope turns channels in pairs: the width of a head must be even, got {}",
            shape.head_dim);
    pairs = std::llround(std::floor(config.fraction * static_cast<double>(shape.head_dim) / 2 + 1e-9));
    require(pairs > 0, "rope: fraction {} of {} channels leaves no pair to turn", config.fraction, shape.head_dim);
    if (config.base_for > 0) config.base = smallest_base(pairs, config.base_for);
  }

  /// theta of pair m.
  double speed(int64_t m) const {
    const double of = static_cast<double>(pairs);
    if (static_cast<double>(m) >= std::floor(config.proportion * of + 1e-9)) return 0;
    return std::pow(config.base, -static_cast<double>(m) / of);
  }

  void tune(Frequencies& frequencies, const Scene&) const override {
    const Tensor m = at::arange(pairs, at::kDouble);
    const double turning = std::floor(config.proportion * static_cast<double>(pairs) + 1e-9);
    frequencies.theta = at::exp(m * (-std::log(config.base) / static_cast<double>(pairs))) * (m < turning);  // [P]
    frequencies.interleaved = config.layout == RopeLayout::interleaved;
  }

  Traits traits() const override { return {.gives_turning = true, .gives_order = true}; }

  void define(PairRule& rule) const override {
    for (int64_t m = 0; m < pairs; ++m) rule.theta.push_back(speed(m));
    rule.interleaved = config.layout == RopeLayout::interleaved;
  }
};

REGISTER_MODIFIER(Rope, "rope", "rotary embedding: pair m turns by position * base^(-2m/D)",
                  "Su 2021, arXiv 2104.09864; p-RoPE: Barbero 2024, arXiv 2410.06205");

}  // namespace
}  // namespace lx
