// The small parts of every model: linear maps and norms.
#pragma once

#include "config/fields.h"
#include "model/initialiser.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

#include <memory>

namespace lx {

/// x [...,inputs] -> [...,outputs]
class Linear : public torch::nn::Module {
 public:
  /// `weight` [outputs, inputs]; `bias` true starts a bias at zero.
  Linear(Tensor weight, bool bias);
  Tensor forward(const Tensor& x) const;
  int64_t operations(int64_t rows) const;  // of forward() (ops/work.h)

 private:
  Tensor weight_, bias_;
};

enum class NormKind { layer, rms };
enum class NormPlace { pre, post };
template <>
struct config::EnumNames<NormKind> {
  static constexpr std::array<std::pair<std::string_view, NormKind>, 2> names{
      {{"layer", NormKind::layer}, {"rms", NormKind::rms}}};
};
template <>
struct config::EnumNames<NormPlace> {
  static constexpr std::array<std::pair<std::string_view, NormPlace>, 2> names{
      {{"pre", NormPlace::pre}, {"post", NormPlace::post}}};
};

struct NormConfig {
  NormKind kind = NormKind::layer;
  NormPlace place = NormPlace::pre;
  bool gain = true, bias = false;
  double eps = 1e-5;
  static constexpr auto fields() {
    return std::tuple{config::field("kind", &NormConfig::kind, "layer normalisation, or root mean square"),
                      config::field("place", &NormConfig::place, "pre: x + f(norm(x)); post: norm(x + f(x))"),
                      config::field("gain", &NormConfig::gain, "learn a gain per channel"),
                      config::field("bias", &NormConfig::bias, "learn an offset per channel (layer only)"),
                      config::field("eps", &NormConfig::eps, "added to the variance", config::positive())};
  }
};

class Norm : public torch::nn::Module {
 public:
  Norm(const NormConfig& config, int64_t width);
  Tensor forward(const Tensor& x) const;

 private:
  NormConfig config_;
  int64_t width_;
  Tensor gain_, bias_;
};

/// Zeroes elements with probability `rate` while training and scales the rest up.
Tensor drop(const Tensor& x, double rate, bool training);

}  // namespace lx
