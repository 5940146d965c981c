#include "model/residual.h"

#include "base/error.h"
#include "ops/precision.h"

#include <ATen/ATen.h>

namespace lx {

// Pre-norm has no norm behind the sum that would take a factor of x back: alpha is for post-norm only.
Residual::Residual(const NormConfig& config, int64_t width, int64_t blocks)
    : place_(config.place),
      alpha_(config.place == NormPlace::post ? deep_norm_alpha(config.deep, blocks) : 1),
      norm_(std::make_shared<Norm>(config, width)) {
  require(!(config.place == NormPlace::sandwich && config.deep != DeepNorm::none),
          "model.norm.deep: {}: in a sandwich the outer norm undoes any scale of the branch's weights; use place: post "
          "or pre, or deep: none",
          lx::config::enum_name(config.deep));
  if (config.place == NormPlace::sandwich) norm_out_ = std::make_shared<Norm>(config, width);
}

void Residual::join(torch::nn::Module& block, const std::string& part) const {
  block.register_module(part + "_norm", norm_);
  if (norm_out_) block.register_module(part + "_norm_out", norm_out_);
}

Tensor Residual::enter(Stream& stream) const {
  return place_ == NormPlace::post ? stream.sum() : norm_->read(stream, 1, working_type());
}

void Residual::leave(Stream& stream, Tensor branch) const {
  stream.pending = norm_out_ ? norm_out_->forward(branch, working_type()) : std::move(branch);
  if (place_ == NormPlace::post) stream = Stream(norm_->read(stream, alpha_, at::kFloat));
}

}  // namespace lx
