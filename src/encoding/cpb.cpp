// Continuous position bias: a small network of the signed distance, positive for keys of the past.
// Swin v2 (Liu et al. 2021, arXiv 2111.09883) reads sign(d) ln(1 + |d|) of two coordinates scaled to its window, with
// one hidden layer of ReLU and the output through 16 sigmoid; for text, public code keeps raw numbers, SiLU and two
// hidden layers, a network a layer or one for all. That form stands here, a network a layer.
#include "encoding/curve_network.h"
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

struct ContinuousBias final : ScoreModifier {
  struct Config {
    bool log = true;
    int64_t width = 32, depth = 2;
    static constexpr auto fields() {
      return std::tuple{config::field("log", &Config::log, "read sign(d) ln(1 + |d|); otherwise d"),
                        config::field("width", &Config::width, "of each hidden layer", config::at_least(1)),
                        config::field("depth", &Config::depth, "hidden layers", config::at_least(1))};
    }
  } config;
  CurveNetwork network;

  ContinuousBias(Config c, const Shape& shape)
      : config(c), network(CurveNetwork::Bend::silu, c.width, c.depth, shape.heads, shape.random) {
    network.each([this](const std::string& name, const Tensor& tensor) { parameter(name, tensor); });
  }

  Tensor bias(const Tensor& distance, const Scene&) const override {
    return network.draw(config.log ? distance.sign() * at::log1p(distance.abs()) : distance);
  }

  void define(PairRule& rule) const override {
    rule.bias.push_back([this](int64_t h, double relative) {
      if (!config.log) return network.point(relative, h);
      return network.point(std::copysign(std::log(1 + std::abs(relative)), relative), h);
    });
  }
};

REGISTER_MODIFIER(ContinuousBias, "cpb", "a small network of the signed distance, or of its logarithm",
                  "Liu 2021, arXiv 2111.09883");

}  // namespace
}  // namespace lx
