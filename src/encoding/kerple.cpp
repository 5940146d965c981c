// KERPLE: kernels of distance with two learned numbers a head (Chi et al. 2022, arXiv 2205.09921).
//   log:   -scale ln(1 + rate |d|)      scale starts in U(0,2), rate in U(0,1)
//   power: -scale |d|^exponent          scale starts in U(0,1), exponent in U(0,2); 1 is ALiBi with a learned slope
// Everything stays above 0.01, and the exponent below 2, by clamping what the formula reads. (The official code instead
// overwrites the parameter itself whenever the model runs, evaluation included, and it hands one module to all layers.
// Here a parameter that has left its range has no gradient any more; it starts inside.) Keys ahead count by |d|.
#include "encoding/register.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {

enum class KerpleKind { log, power };
template <>
struct config::EnumNames<KerpleKind> {
  static constexpr std::array<std::pair<std::string_view, KerpleKind>, 2> names{
      {{"log", KerpleKind::log}, {"power", KerpleKind::power}}};
};

namespace {

struct Kerple final : ScoreModifier {
  static constexpr double kLeast = 0.01, kLargestExponent = 2;

  struct Config {
    KerpleKind kind = KerpleKind::log;
    static constexpr auto fields() {
      return std::tuple{config::field("kind", &Config::kind, "-scale ln(1 + rate |d|), or -scale |d|^exponent")};
    }
  } config;
  Tensor scale, rate;  // [H]; rate: the exponent where kind is power

  Kerple(Config c, const Shape& shape) : config(c) {
    const bool log = c.kind == KerpleKind::log;
    const auto start = [&](const char* name, double high) {
      Random random = shape.random.fork(name);
      return parameter(name, uniform_tensor(random, {shape.heads}, 0, high).clamp_min_(kLeast));
    };
    scale = start("scale", log ? 2 : 1);
    rate = start(log ? "rate" : "exponent", log ? 1 : 2);
  }

  Tensor bias(const Tensor& distance, const Scene&) const override {
    const Tensor d = distance.abs();  // [n]
    const Tensor a = scale.clamp_min(kLeast).unsqueeze(1);
    if (config.kind == KerpleKind::log) return -a * at::log1p(rate.clamp_min(kLeast).unsqueeze(1) * d);
    // 0^p is 0 for every p: kept out of the power, whose gradient reads log 0.
    const Tensor apart = d > 0;
    const Tensor power = at::where(apart, d, at::ones_like(d)).pow(rate.clamp(kLeast, kLargestExponent).unsqueeze(1));
    return -a * (power * apart);
  }

  void define(PairRule& rule) const override {
    rule.bias.push_back([this](int64_t h, double relative) {
      const double d = std::abs(relative), a = std::max(number(scale, {h}), kLeast), b = number(rate, {h});
      if (config.kind == KerpleKind::log) return -a * std::log(1 + std::max(b, kLeast) * d);
      return -a * std::pow(d, std::clamp(b, kLeast, kLargestExponent));
    });
  }
};

REGISTER_MODIFIER(Kerple, "kerple", "a learned logarithmic or power kernel of the distance",
                  "Chi 2022, arXiv 2205.09921");

}  // namespace
}  // namespace lx
