// 1.5-entmax in softmax's place: weights [z/2 - tau]_+^2 with the tau at which they sum to one, so that far-off keys
// get exactly nothing (Peters et al. 2019, arXiv 1905.05702; in attention Vasylenko et al. 2025, arXiv 2506.16640).
#include "encoding/register.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct Entmax final : ScoreModifier {
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };
  explicit Entmax(Config, const Shape&) {}

  /// The keys that get weight: the largest k of z for which tau of those k lies below the k-th. bool, as z.
  static Tensor support(const Tensor& z) {
    const at::NoGradGuard off;
    const Tensor sorted = std::get<0>(z.sort(-1, true));
    const Tensor count = at::arange(1, z.size(-1) + 1, z.options().requires_grad(false));
    const Tensor mean = sorted.cumsum(-1) / count, squares = sorted.square().cumsum(-1) / count;
    const Tensor room = (1 - count * (squares - mean.square())) / count;
    const Tensor tau = mean - room.clamp_min(0).sqrt();  // NaN from the first hidden key on: never below
    const Tensor size = (tau <= sorted).sum(-1, true);   // at least 1
    return z > tau.gather(-1, size - 1);
  }

  Tensor normalise(const Tensor& logits) const override {
    const Tensor z = (logits - std::get<0>(logits.detach().max(-1, true))) / 2;
    const Tensor seen = support(z.detach());
    const Tensor kept = at::where(seen, z, at::zeros({}, z.options().requires_grad(false)));
    const Tensor count = seen.sum(-1, true).to(z.scalar_type());
    const Tensor mean = kept.sum(-1, true) / count;
    const Tensor spread = at::where(seen, (kept - mean).square(), at::zeros_like(kept)).sum(-1, true);
    const Tensor tau = mean - ((1 - spread) / count).clamp_min(1e-30).sqrt();
    return at::where(seen, (kept - tau).square(), at::zeros_like(kept));
  }

  void define(PairRule& rule) const override {
    rule.normalise = [](const Numbers& logits) {
      const double top = *std::max_element(logits.begin(), logits.end()) / 2;
      const auto weights = [&](double tau) {
        Numbers all;
        for (const double logit : logits) all.push_back(std::pow(std::max(logit / 2 - tau, 0.0), 2));
        return all;
      };
      double low = top - 1, high = top;  // the sum falls from at least 1 to 0
      for (int step = 0; step < 200; ++step) {
        const double middle = (low + high) / 2;
        double sum = 0;
        for (const double w : weights(middle)) sum += w;
        (sum >= 1 ? low : high) = middle;
      }
      return weights(low);
    };
  }
};

REGISTER_MODIFIER(Entmax, "entmax", "1.5-entmax in softmax's place: far-off keys get exactly nothing",
                  "Peters 2019, arXiv 1905.05702");

}  // namespace
}  // namespace lx
