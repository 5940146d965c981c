// FIRE: a network of the distance relative to how much there is to look back at (Li et al. 2023, arXiv 2310.04418).
//   bias = f(ln(|slope d| + 1) / (ln(|slope| max(i, |stretch threshold|) + 1) + 1e-6)),   i: the query's place from 0
// It reads the place of the query, not the distance alone: no curve of distance, so it rewrites the logits. slope (c in
// the paper) starts at 0.1, stretch (the multiplier of L) at 1; one network a layer. Keys ahead, which the paper leaves
// open, count by |d|, with the same denominator. The paper's threshold is 512.
#include "encoding/curve_network.h"
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct Fire final : ScoreModifier {
  static constexpr double kTiny = 1e-6;

  struct Config {
    int64_t threshold = 0, width = 32;
    static constexpr auto fields() {
      return std::tuple{
          config::field("threshold", &Config::threshold,
                        "queries before this place are treated alike; 0: the trained length", config::not_negative()),
          config::field("width", &Config::width, "of the hidden layer", config::at_least(1))};
    }
  } config;
  CurveNetwork network;
  Tensor slope, stretch;  // [1]

  Fire(Config c, const Shape& shape)
      : config(c), network(CurveNetwork::Bend::relu, c.width, 1, shape.heads, shape.random) {
    if (config.threshold == 0) config.threshold = shape.trained_length;
    slope = parameter("slope", at::full({1}, 0.1));
    stretch = parameter("stretch", at::full({1}, 1.0));
    network.each([this](const std::string& name, const Tensor& tensor) { parameter(name, tensor); });
  }

  Tensor rewrite(const Tensor& logits, const RowBlock& block, const Scene& scene) const override {
    const auto four = [](const Tensor& x) { return x.dim() == 2 ? x.unsqueeze(0).unsqueeze(0) : x; };
    const Tensor distance = four(block.relative.abs());  // [1 or B,1,rows,keys] float64
    const Tensor place = four(block.query_position.dim() == 1 ? block.query_position.unsqueeze(-1)
                                                              : block.query_position.unsqueeze(-1).unsqueeze(1));
    const Tensor c = slope.to(at::kDouble).abs(), least = (stretch.to(at::kDouble) * config.threshold).abs();
    const Tensor share =
        at::log1p(c * distance) / (at::log1p(c * at::maximum(place, least)) + kTiny);  // [1 or B,1,rows,keys]
    const Tensor drawn = network.draw(share.to(logits.scalar_type()).reshape({-1}));   // [H,n]
    return logits + drawn.view({scene.shape.heads, share.size(0), share.size(2), share.size(3)}).transpose(0, 1);
  }

  Traits traits() const override { return {.gives_order = true, .reads_query_place = true}; }

  void define(PairRule& rule) const override {
    rule.rewrite.push_back([this, &rule](PairRule::Row& row) {
      const double c = std::abs(number(slope, {0}));
      const double least = std::abs(number(stretch, {0}) * static_cast<double>(config.threshold));
      const double most = std::log(c * std::max(rule.place(row.i), least) + 1) + kTiny;
      for (size_t h = 0; h < row.logits.size(); ++h)
        for (size_t j = 0; j < row.relative.size(); ++j)
          row.logits[h][j] +=
              network.point(std::log(c * std::abs(row.relative[j]) + 1) / most, static_cast<int64_t>(h));
    });
  }
};

REGISTER_MODIFIER(Fire, "fire", "a small network of the distance relative to the query's place",
                  "Li 2023, arXiv 2310.04418");

}  // namespace
}  // namespace lx
