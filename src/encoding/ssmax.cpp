// Scalable softmax: logits times s log n, s learned for each head, n the keys a query sees (Nakanishi 2025, arXiv
// 2501.19399). It starts at s = 1 / mean of log n over the trained length, so that training begins with gains around
// one. Multiplied: a copy in circulation subtracts s log n, which softmax does not see.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct SsMax final : ScoreModifier {
  struct Config {
    double start = 0;
    bool offset = false;
    static constexpr auto fields() {
      return std::tuple{
          config::field("start", &Config::start, "where s starts; 0: at 1 / mean of log n over the trained length",
                        config::not_negative()),
          config::field("offset", &Config::offset, "learn b in s log n + b (the paper: hurts longer texts)")};
    }
  };
  Tensor scale, offset;  // [H]

  SsMax(Config c, const Shape& shape) {
    const auto n = static_cast<double>(shape.trained_length);
    const double fitting = n > 1 ? n / std::lgamma(n + 1) : 1;
    scale = parameter("scale", at::full({shape.heads}, c.start > 0 ? c.start : fitting));
    if (c.offset) offset = parameter("offset", at::zeros({shape.heads}));
  }

  void sharpen(Tensor& gain, const Tensor& visible_keys, const Scene&) const override {
    Tensor factor = scale.unsqueeze(-1) * visible_keys.clamp_min(1).log();  // [1 or B,H,Tq]
    if (offset.defined()) factor = factor + offset.unsqueeze(-1);
    gain = gain * factor;
  }

  void define(PairRule& rule) const override {
    rule.gain.push_back([this](int64_t h, int64_t, double seen) {
      return number(scale, {h}) * std::log(std::max(seen, 1.0)) + (offset.defined() ? number(offset, {h}) : 0);
    });
  }
};

REGISTER_MODIFIER(SsMax, "ssmax", "scalable softmax: logits times s log n, s learned by each head",
                  "Nakanishi 2025, arXiv 2501.19399");

}  // namespace
}  // namespace lx
