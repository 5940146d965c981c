#include "model/norm.h"

#include "base/error.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {

Norm::Norm(const NormConfig& config, int64_t width)
    : norm_{.centred = config.kind == NormKind::layer, .eps = config.eps} {
  require(!(config.bias && config.kind == NormKind::rms),
          "model.norm.bias: a root-mean-square norm has no offset; use kind: layer");
  if (config.gain) norm_.gain = register_parameter("gain", at::ones({width}));
  if (config.bias) norm_.bias = register_parameter("bias", at::zeros({width}));
}

Tensor Norm::read(Stream& stream, double alpha, at::ScalarType type) const {
  if (!stream.pending.defined()) return forward(stream.x, type);
  JoinedNorm joined = join_and_norm(std::move(stream.x), stream.pending, alpha, norm_, type);
  stream = Stream(std::move(joined.sum));
  return joined.normed;
}

Tensor Stream::sum() const { return pending.defined() ? x + pending : x; }

}  // namespace lx
