// Squared ReLU in softmax's place: weight relu(logit)^2 / n, with n the keys that the query sees. Of the first gated
// attention units (Hua 2022, arXiv 2202.10447), which divide by the length of the text: the same where every key is
// visible. Weights do not sum to one; their sum hardly grows with the keys that matter, so that dividing by n carries
// badly to other lengths, which softmax does not suffer from (Su 2022, kexue.fm 9019).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct ReluSquared final : ScoreModifier {
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };
  explicit ReluSquared(Config, const Shape&) {}

  Tensor normalise(const Tensor& logits) const override {
    const Tensor seen = at::isneginf(logits.detach()).logical_not().sum(-1, true);
    return at::relu(logits).square() / seen.to(logits.scalar_type());
  }

  Traits traits() const override { return {.weighs_apart = true}; }

  void define(PairRule& rule) const override {
    rule.normalise = [](const Numbers& logits) {
      const auto seen = std::count_if(logits.begin(), logits.end(), [](double logit) { return !std::isinf(logit); });
      Numbers weights;
      for (const double logit : logits)
        weights.push_back(std::pow(std::max(logit, 0.0), 2) / static_cast<double>(seen));
      return weights;
    };
  }
};

REGISTER_MODIFIER(ReluSquared, "relu_squared", "squared ReLU over the number of keys, in softmax's place",
                  "Hua 2022, arXiv 2202.10447");

}  // namespace
}  // namespace lx
