// The NTK family: theta_m times s^-(exponent that grows with m), the slowest pair divided by (about) s.
//   aware: s^(-2m/(d-2))            base -> base s^(d/(d-2)); the slowest pair by exactly s (bloc97)
//   old:   s^(-2m/d)                base -> base s (kexue.fm 9675)
//   fixed: s^(-2(m+1)/d)            so the fastest pair slows down too (kexue.fm 9706)
//   mixed: exp(-a (m+1)^b), a (d/2)^b = ln s; b = 1 is fixed, b = 0 is PI (kexue.fm 9706)
#include "encoding/register.h"
#include "encoding/scale_factor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {

enum class NtkKind { aware, old, fixed, mixed };
template <>
struct config::EnumNames<NtkKind> {
  static constexpr std::array<std::pair<std::string_view, NtkKind>, 4> names{
      {{"aware", NtkKind::aware}, {"old", NtkKind::old}, {"fixed", NtkKind::fixed}, {"mixed", NtkKind::mixed}}};
};

namespace {

struct NtkScaling final : ScoreModifier {
  struct Config {
    double factor = 0;
    NtkKind kind = NtkKind::aware;
    double exponent = 0.625;
    bool dynamic = false;
    static constexpr auto fields() {
      return std::tuple{config::field("factor", &Config::factor, ScaleFactor::kDoc, config::not_negative()),
                        config::field("kind", &Config::kind, "how slowing grows over the pairs"),
                        config::field("exponent", &Config::exponent, "b of the mixed kind: 1 is fixed, 0 is PI",
                                      config::between(0, 1)),
                        config::field("dynamic", &Config::dynamic,
                                      "scale by factor * context / N - (factor - 1): grows with the context, 1 at N")};
    }
  } config;

  NtkScaling(Config c, const Shape&) : config(c) {}

  /// Dynamic NTK: with a factor f, a context of c trained lengths is scaled by f c - (f - 1) (Hugging Face's formula).
  template <class Call>  // Scene or PairRule
  double scale(const Call& call) const {
    if (!config.dynamic) return ScaleFactor::of(config.factor, call);
    const double f = config.factor > 0 ? config.factor : 1;
    return std::max(1.0, f * ScaleFactor::of(0, call) - (f - 1));
  }

  void tune(Frequencies& frequencies, const Scene& scene) const override {
    if (!frequencies.turning()) return;
    const double log_s = std::log(scale(scene));
    const auto pairs = static_cast<double>(frequencies.theta.size(0));
    const Tensor m = at::arange(frequencies.theta.size(0), frequencies.theta.options());
    Tensor slowing;  // how much of log s pair m takes
    switch (config.kind) {
      case NtkKind::aware:
        slowing = m / std::max(pairs - 1, 1.0);
        break;
      case NtkKind::old:
        slowing = m / pairs;
        break;
      case NtkKind::fixed:
        slowing = (m + 1) / pairs;
        break;
      case NtkKind::mixed:
        slowing = ((m + 1) / pairs).pow(config.exponent);
        break;
    }
    frequencies.theta = frequencies.theta * at::exp(slowing * -log_s);
  }

  Traits traits() const override {
    return {.needs_turning = true, .depends_on_context = config.factor == 0 || config.dynamic};
  }

  void define(PairRule& rule) const override {
    const double s = scale(rule), pairs = static_cast<double>(rule.theta.size());
    for (size_t n = 0; n < rule.theta.size(); ++n) {
      const auto m = static_cast<double>(n);
      double power = 0;
      if (config.kind == NtkKind::aware) power = pairs > 1 ? m / (pairs - 1) : 0;
      if (config.kind == NtkKind::old) power = m / pairs;
      if (config.kind == NtkKind::fixed) power = (m + 1) / pairs;
      if (config.kind == NtkKind::mixed) power = std::pow(m + 1, config.exponent) / std::pow(pairs, config.exponent);
      rule.theta[n] *= std::pow(s, -power);
    }
  }
};

REGISTER_MODIFIER(NtkScaling, "ntk", "NTK scaling of theta: aware, old, fixed or mixed; dynamic with the context",
                  "bloc97 2023; Su 2023, kexue.fm 9675, 9706");

}  // namespace
}  // namespace lx
