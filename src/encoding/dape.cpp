// DAPE: a small network reads products and biases of all heads together and corrects each logit.
//   A = products, B = what was added to them so far;   logits = A + B + f([A;B])
// kernel 1: each pair of tokens by itself (Zheng et al. 2024, arXiv 2405.14722). kernel 3: neighbouring keys too, in
// both layers, with hidden keys counting as zero (DAPE v2, arXiv 2410.04798); hidden means what the query does not see,
// so prefixes and windows are served as well. f: 2H -> width -> H with LeakyReLU between, a network a layer. The
// papers' last bias is left out: it adds the same to every key of a row, which no softmax can tell. At the end of the
// text the published convolution takes its hidden layer as zero, so that a row changes when tokens it cannot see
// follow; here hidden keys always follow, and decoding equals one pass. (In the published FIRE form, FIRE's own network
// has LeakyReLU too; here `fire` stays as it is.)
#include "encoding/register.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct Dape final : ScoreModifier {
  static constexpr double kLeak = 0.01;

  struct Config {
    int64_t width = 32, kernel = 1;
    static constexpr auto fields() {
      return std::tuple{
          config::field("width", &Config::width, "of the hidden layer", config::at_least(1)),
          config::field("kernel", &Config::kernel, "keys that each layer reads, an odd number: 1 is DAPE, 3 is DAPE v2",
                        config::at_least(1))};
    }
  } config;
  Tensor inner, inner_bias, outer;  // [width,2H,1,kernel], [width], [H,width,1,kernel]

  Dape(Config c, const Shape& shape) : config(c) {
    require(c.kernel % 2 == 1, "dape: the kernel looks equally far to both sides: it must be odd, got {}", c.kernel);
    const auto start = [&](const char* name, at::IntArrayRef sizes, int64_t inputs) {
      Random random = shape.random.fork(name);
      const double bound = 1 / std::sqrt(static_cast<double>(inputs * c.kernel));
      return parameter(name, uniform_tensor(random, sizes, -bound, bound));
    };
    inner = start("weight_1", {c.width, 2 * shape.heads, 1, c.kernel}, 2 * shape.heads);
    inner_bias = start("bias_1", {c.width}, 2 * shape.heads);
    outer = start("weight_2", {shape.heads, c.width, 1, c.kernel}, c.width);
  }

  Tensor rewrite(const Tensor& logits, const RowBlock& block, const Scene&) const override {
    const auto dtype = logits.scalar_type();
    const int64_t reach = config.kernel / 2;
    Tensor x = at::cat({block.compared, logits - block.compared}, 1).masked_fill(block.visible.logical_not(), 0);
    // The hidden layer is needed `reach` keys beyond the last, and is zero before the first.
    x = at::constant_pad_nd(x, {reach, 2 * reach});
    x = at::leaky_relu(at::conv2d(x, inner.to(dtype), inner_bias.to(dtype)), kLeak);  // [B,width,rows,keys + reach]
    return logits + at::conv2d(at::constant_pad_nd(x, {reach, 0}), outer.to(dtype));
  }

  Traits traits() const override { return {.needs_bias = true}; }

  void define(PairRule& rule) const override {
    rule.rewrite.push_back([this, heads = static_cast<int64_t>(rule.heads)](PairRule::Row& row) {
      const Numbers w1 = numbers(inner), b1 = numbers(inner_bias), w2 = numbers(outer);
      const int64_t keys = static_cast<int64_t>(row.visible.size()), k = config.kernel, reach = k / 2;
      const auto read = [&](int64_t c, int64_t j) {  // channel c of [A;B] at key j
        if (j < 0 || j >= keys || !row.visible[static_cast<size_t>(j)]) return 0.0;
        const auto h = static_cast<size_t>(c % heads), at = static_cast<size_t>(j);
        return c < heads ? row.compared[h][at] : row.logits[h][at] - row.compared[h][at];
      };
      std::vector<Numbers> hidden;  // [keys + reach][width]
      for (int64_t j = 0; j < keys + reach; ++j) {
        hidden.push_back(b1);
        for (int64_t w = 0; w < config.width; ++w) {
          double& sum = hidden.back()[static_cast<size_t>(w)];
          for (int64_t c = 0; c < 2 * heads; ++c)
            for (int64_t t = 0; t < k; ++t)
              sum += w1[static_cast<size_t>((w * 2 * heads + c) * k + t)] * read(c, j + t - reach);
          sum = sum > 0 ? sum : kLeak * sum;
        }
      }
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t j = 0; j < keys; ++j)
          for (int64_t w = 0; w < config.width; ++w)
            for (int64_t t = std::max<int64_t>(0, reach - j); t < k; ++t)
              row.logits[static_cast<size_t>(h)][static_cast<size_t>(j)] +=
                  w2[static_cast<size_t>((h * config.width + w) * k + t)] *
                  hidden[static_cast<size_t>(j + t - reach)][static_cast<size_t>(w)];
    });
  }
};

REGISTER_MODIFIER(Dape, "dape", "a small network that corrects each logit by products and biases of all heads",
                  "Zheng 2024, arXiv 2405.14722, 2410.04798");

}  // namespace
}  // namespace lx
