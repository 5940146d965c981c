// Sinusoidal positions, added once to the model's input: channel pair m holds sin and cos of p base^(-2m/C) (Vaswani et
// al. 2017, arXiv 1706.03762). The paper interleaves them; fairseq and many after it put all sines before all cosines
// (and let the exponent reach exactly 1, with C/2 - 1 below it; here both layouts have the paper's frequencies).
// The paper multiplies token embeddings by sqrt(C) instead; `learned_scale` learns one factor on the waves.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {

enum class WaveLayout { concatenated, interleaved };
template <>
struct config::EnumNames<WaveLayout> {
  static constexpr std::array<std::pair<std::string_view, WaveLayout>, 2> names{
      {{"concatenated", WaveLayout::concatenated}, {"interleaved", WaveLayout::interleaved}}};
};

namespace {

struct Sinusoidal final : ScoreModifier {
  struct Config {
    WaveLayout layout = WaveLayout::concatenated;
    double base = 10000;
    bool learned_scale = false;
    static constexpr auto fields() {
      return std::tuple{
          config::field("layout", &Config::layout, "all sines before all cosines, or one after the other"),
          config::field("base", &Config::base, "pair m turns by base^(-2m/C) a position", config::positive()),
          config::field("learned_scale", &Config::learned_scale,
                        "learn one factor on the waves, which starts at C^-1/2 (else 1)")};
    }
  } config;
  Tensor scale;  // [1]

  Sinusoidal(Config c, const Shape& shape) : config(c) {
    require(shape.width % 2 == 0, "sinusoidal positions fill channels in pairs: the model's width must be even, got {}",
            shape.width);
    if (config.learned_scale && shape.layer == 0)
      scale = parameter("scale", at::full({1}, 1 / std::sqrt(static_cast<double>(shape.width)), at::kFloat));
  }

  void embed(Tensor& x, const Tensor& positions, const Scene&) const override {
    const int64_t pairs = x.size(-1) / 2;
    const Tensor speed =
        at::exp(at::arange(pairs, positions.options()) * (-std::log(config.base) / static_cast<double>(pairs)));
    const Tensor angle = positions.unsqueeze(-1) * speed;  // [Tq,C/2] or [B,Tq,C/2]
    Tensor wave = config.layout == WaveLayout::concatenated ? at::cat({angle.sin(), angle.cos()}, -1)
                                                            : at::stack({angle.sin(), angle.cos()}, -1).flatten(-2);
    wave = wave.to(x.scalar_type());
    x = x + (scale.defined() ? wave * scale.to(x.scalar_type()) : wave);
  }

  Traits traits() const override { return {.gives_order = true}; }

  void define(PairRule& rule) const override {
    rule.embed.push_back([this, &rule](int64_t t, Numbers& x) {
      const size_t pairs = x.size() / 2;
      for (size_t m = 0; m < pairs; ++m) {
        const double angle = rule.place(t) / std::pow(config.base, static_cast<double>(m) / static_cast<double>(pairs));
        const bool apart = config.layout == WaveLayout::concatenated;
        const double factor = scale.defined() ? number(scale, {0}) : 1;
        x[apart ? m : 2 * m] += factor * std::sin(angle);
        x[apart ? m + pairs : 2 * m + 1] += factor * std::cos(angle);
      }
    });
  }
};

REGISTER_MODIFIER(Sinusoidal, "sinusoidal", "sines and cosines of the position, added to the model's input",
                  "Vaswani 2017, arXiv 1706.03762");

}  // namespace
}  // namespace lx
