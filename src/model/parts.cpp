#include "model/parts.h"

#include "ops/product.h"
#include "ops/rms_norm.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {

Linear::Linear(Tensor weight, bool bias) {
  const int64_t outputs = weight.size(0);
  weight_ = register_parameter("weight", std::move(weight));
  if (bias) bias_ = register_parameter("bias", at::zeros({outputs}));
}

Tensor Linear::forward(const Tensor& x) const { return linear(x, weight_, bias_); }

Norm::Norm(const NormConfig& config, int64_t width) : config_(config), width_(width) {
  require(!(config.bias && config.kind == NormKind::rms),
          "model.norm.bias: a root-mean-square norm has no offset; use kind: layer");
  if (config.gain) gain_ = register_parameter("gain", at::ones({width}));
  if (config.bias) bias_ = register_parameter("bias", at::zeros({width}));
}

Tensor Norm::forward(const Tensor& x) const {
  if (config_.kind == NormKind::rms) return rms_norm(x, gain_, config_.eps);
  return at::layer_norm(x, {width_}, gain_, bias_, config_.eps);
}

Tensor drop(const Tensor& x, double rate, bool training) {
  return rate > 0 && training ? at::dropout(x, rate, true) : x;
}

int64_t Linear::operations(int64_t rows) const { return 2 * rows * weight_.numel(); }

}  // namespace lx
