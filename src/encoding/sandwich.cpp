// Sandwich: the product of two sinusoids is a curve of distance that falls (Chi et al. 2022, arXiv 2212.10356).
//   bias = scale / r_h * sum over m < width/2 of cos(d 10000^(-2m/width)),   r_h = 8h/H, h from 1
// so the first head is the steepest. Without `per_head` r_h is 1: the form of kexue.fm 9431, <q,k> + lambda <p_i,p_j>,
// lambda = scale. Nothing is learned; keys ahead count by |d|, as the cosine does. That the sum starts at m = 0 and is
// added behind 1/sqrt(D) is unverified in the paper. (A copy in the wild leaves the cosine out: a linear bias.)
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct Sandwich final : ScoreModifier {
  struct Config {
    int64_t width = 128;
    bool per_head = true;
    double scale = 1;
    static constexpr auto fields() {
      return std::tuple{
          config::field("width", &Config::width, "channels of the sinusoids", config::at_least(2)),
          config::field("per_head", &Config::per_head, "divide by 8h/H in head h of H; otherwise all heads are alike"),
          config::field("scale", &Config::scale, "multiplies the sum (lambda)", config::positive())};
    }
  } config;

  Sandwich(Config c, const Shape&) : config(c) {
    require(c.width % 2 == 0, "sandwich: sinusoids come in pairs of channels: the width must be even, got {}", c.width);
  }

  Tensor bias(const Tensor& distance, const Scene& scene) const override {
    const Tensor m = at::arange(config.width / 2, distance.options());
    const Tensor theta = at::exp(m * (-2 * std::log(10000.0) / static_cast<double>(config.width)));
    const Tensor sum = at::cos(distance.unsqueeze(1) * theta).sum(-1) * config.scale;  // [n]
    Tensor ratio = at::arange(1, scene.shape.heads + 1, distance.options());
    ratio = config.per_head ? ratio * (8.0 / static_cast<double>(scene.shape.heads)) : at::ones_like(ratio);
    return sum / ratio.unsqueeze(1);
  }

  void define(PairRule& rule) const override {
    rule.bias.push_back([c = config, heads = rule.heads](int64_t h, double relative) {
      double sum = 0;
      for (int64_t m = 0; 2 * m < c.width; ++m)
        sum += std::cos(relative / std::pow(10000, 2 * static_cast<double>(m) / static_cast<double>(c.width)));
      const double ratio = 8 * static_cast<double>(h + 1) / static_cast<double>(heads);
      return c.scale * sum / (c.per_head ? ratio : 1);
    });
  }
};

REGISTER_MODIFIER(Sandwich, "sandwich", "the product of two sinusoids as a bias, flatter from head to head",
                  "Chi 2022, arXiv 2212.10356; Su 2022, kexue.fm 9431");

}  // namespace
}  // namespace lx
