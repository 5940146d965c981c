// A learned bias on queries and keys before they turn: (q + a) and (k + b). The product of the two biases decays with
// distance and acts as a learned Sandwich (kexue.fm 9577, which also reports that the effect is hard to reproduce).
#include "encoding/register.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct QkBias final : ScoreModifier {
  struct Config {
    bool query = true, key = true;
    static constexpr auto fields() {
      return std::tuple{config::field("query", &Config::query, "learn a bias on queries"),
                        config::field("key", &Config::key, "learn a bias on keys")};
    }
  };
  Tensor query, key;  // [H,1,D], [Hk,1,D]

  QkBias(Config c, const Shape& shape) {
    if (c.query) query = parameter("query", at::zeros({shape.heads, 1, shape.head_dim}));
    if (c.key) key = parameter("key", at::zeros({shape.key_heads, 1, shape.head_dim}));
  }

  void shape(Tensor& q, Tensor& k, const Scene&) const override {
    if (query.defined()) q = q + query.to(q.scalar_type());
    if (key.defined()) k = k + key.to(k.scalar_type());
  }

  void define(PairRule& rule) const override {
    rule.shape.push_back([this, heads = rule.heads](int64_t h, Numbers& q, Numbers& k) {
      for (int64_t c = 0; c < static_cast<int64_t>(q.size()); ++c) {
        if (query.defined()) q[static_cast<size_t>(c)] += number(query, {h, 0, c});
        if (key.defined()) k[static_cast<size_t>(c)] += number(key, {h / (heads / key.size(0)), 0, c});
      }
    });
  }
};

REGISTER_MODIFIER(QkBias, "qk_bias", "learned biases on queries and keys before they turn", "Su 2023, kexue.fm 9577");

}  // namespace
}  // namespace lx
