// T5's learned bias: one number for each head and bucket of distance (Raffel et al. 2019, arXiv 1910.10683).
// Added behind 1/sqrt(D); T5 itself has no 1/sqrt(D), its initialisation holds that factor. T5 shares the first layer's
// table with all layers; here each layer has its own. Starting values N(0, 1/C) are those of public ports (unverified
// in the paper).
#include "encoding/register.h"
#include "encoding/t5_buckets.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct T5Bias final : ScoreModifier {
  struct Config {
    int64_t buckets = 32, max_distance = 128;
    bool bidirectional = false;
    static constexpr auto fields() {
      return std::tuple{
          config::field("buckets", &Config::buckets, "numbers learned for each head", config::at_least(2)),
          config::field("max_distance", &Config::max_distance, "distances from here on share the last bucket",
                        config::at_least(1)),
          config::field("bidirectional", &Config::bidirectional,
                        "half of the buckets for keys behind the query's place; otherwise these share the bucket of "
                        "distance 0")};
    }
  };
  T5Buckets layout;
  Tensor table;  // [buckets,H]

  T5Bias(Config c, const Shape& shape) : layout{c.buckets, c.max_distance, c.bidirectional} {
    require(!c.bidirectional || (c.buckets % 2 == 0 && c.buckets >= 4),
            "t5_bias: two directions share the buckets, which takes an even number from 4 on, got {}", c.buckets);
    require(c.max_distance > layout.exact(),
            "t5_bias: max_distance ({}) must exceed the {} distances that have a bucket of their own", c.max_distance,
            layout.exact());
    Random random = shape.random.fork("table");
    table = parameter(
        "table", normal_tensor(random, {c.buckets, shape.heads}).mul_(1 / std::sqrt(static_cast<double>(shape.width))));
  }

  Tensor bias(const Tensor& distance, const Scene&) const override {
    const Tensor whole = distance.round().to(at::kLong).cpu().contiguous();  // [n]
    Tensor bucket = at::empty_like(whole);
    for (int64_t n = 0; n < whole.numel(); ++n) bucket.data_ptr<int64_t>()[n] = layout.of(whole.data_ptr<int64_t>()[n]);
    return table.index_select(0, bucket.to(table.device())).transpose(0, 1);
  }

  std::optional<int64_t> bucket(int64_t distance) const override { return layout.of(distance); }

  Traits traits() const override { return {.whole_numbers_only = true}; }

  void define(PairRule& rule) const override {
    rule.bias.push_back([this](int64_t h, double relative) {
      const auto all = static_cast<double>(layout.buckets), most = static_cast<double>(layout.max_distance);
      const double side = layout.bidirectional ? all / 2 : all, exact = std::floor(side / 2);
      const double n = layout.bidirectional ? std::abs(relative) : std::max(relative, 0.0);
      double bucket = n;
      if (n >= exact) {
        // The largest bucket whose first distance, exact (most/exact)^(steps/(side - exact)), is not beyond n.
        bucket = exact;
        while (bucket < side - 1 &&
               exact * std::pow(most / exact, (bucket + 1 - exact) / (side - exact)) <= n * (1 + 1e-12))
          ++bucket;
      }
      if (layout.bidirectional && relative < 0) bucket += side;
      return number(table, {static_cast<int64_t>(bucket), h});
    });
  }
};

REGISTER_MODIFIER(T5Bias, "t5_bias", "a learned number for each head and bucket of distance",
                  "Raffel 2019, arXiv 1910.10683");

}  // namespace
}  // namespace lx
