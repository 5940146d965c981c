#include "model/norm.h"

#include "base/error.h"
#include "ops/rms_norm.h"

#include <ATen/ATen.h>

namespace lx {

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

}  // namespace lx
