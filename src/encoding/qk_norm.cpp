// QK-norm: queries and keys of each head scaled to a root mean square of one, with a learned gain for each channel or
// without (Dehghani et al. 2023, arXiv 2302.05442; Henry et al. 2020, arXiv 2010.04245). The stack's 1/sqrt(D) stays.
// Before rotation, so that the gains do not depend on place. With gains it is not KeyNorm: they bring lengths back.
#include "encoding/register.h"
#include "ops/norm.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct QkNorm final : ScoreModifier {
  struct Config {
    bool gain = true;
    double eps = 1e-6;
    static constexpr auto fields() {
      return std::tuple{config::field("gain", &Config::gain, "learn a gain for each channel, shared by the heads"),
                        config::field("eps", &Config::eps, "added to the mean square", config::positive())};
    }
  } config;
  Tensor query, key;  // [D]

  QkNorm(Config c, const Shape& shape) : config(c) {
    if (!config.gain) return;
    query = parameter("query", at::ones({shape.head_dim}));
    key = parameter("key", at::ones({shape.head_dim}));
  }

  Tensor normed(const Tensor& x, const Tensor& gain) const {
    return norm_rows(x, {.centred = false, .gain = gain, .eps = config.eps}, x.scalar_type());
  }

  void shape(Tensor& q, Tensor& k, const Scene&) const override {
    q = normed(q, query);
    k = normed(k, key);
  }

  void define(PairRule& rule) const override {
    rule.shape.push_back([this](int64_t, Numbers& q, Numbers& k) {
      for (auto [x, gain] : {std::pair<Numbers&, const Tensor&>(q, query), {k, key}}) {
        double squares = 0;
        for (const double value : x) squares += value * value;
        const double root = std::sqrt(squares / static_cast<double>(x.size()) + config.eps);
        for (size_t c = 0; c < x.size(); ++c)
          x[c] *= (gain.defined() ? number(gain, {static_cast<int64_t>(c)}) : 1) / root;
      }
    });
  }
};

REGISTER_MODIFIER(QkNorm, "qk_norm", "queries and keys with a root mean square of one, and a learned gain",
                  "Henry 2020, arXiv 2010.04245; Dehghani 2023, arXiv 2302.05442");

}  // namespace
}  // namespace lx
