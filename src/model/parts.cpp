#include "model/parts.h"

#include "ops/dropout.h"
#include "ops/product.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace lx {

Linear::Linear(Tensor weight, bool bias) {
  const int64_t outputs = weight.size(0);
  weight_ = register_parameter("weight", std::move(weight));
  if (bias) bias_ = register_parameter("bias", at::zeros({outputs}));
}

Linear::Linear(Tensor weight, const std::vector<Stretch>& stretches) {
  const auto has = [](const Stretch& one) { return one.bias; };
  weight_ = register_parameter("weight", std::move(weight));
  if (std::all_of(stretches.begin(), stretches.end(), has)) {
    bias_ = register_parameter("bias", at::zeros({weight_.size(0)}));
  } else if (std::any_of(stretches.begin(), stretches.end(), has)) {
    for (const Stretch& one : stretches) {
      widths_.push_back(one.width);
      biases_.push_back(one.bias ? register_parameter("bias_" + one.name, at::zeros({one.width})) : Tensor());
    }
  }
}

Tensor Linear::forward(const Tensor& x) const {
  if (biases_.empty()) return linear(x, weight_, bias_);
  std::vector<Tensor> parts;
  const auto plain = weight_.options().requires_grad(false);
  for (size_t i = 0; i < biases_.size(); ++i)
    parts.push_back(biases_[i].defined() ? biases_[i] : at::zeros({widths_[i]}, plain));
  return linear(x, weight_, at::cat(parts));
}

Tensor drop(const Tensor& x, double rate, bool training) { return rate > 0 && training ? lx::dropout(x, rate) : x; }

int64_t Linear::operations(int64_t rows) const { return 2 * rows * weight_.numel(); }

}  // namespace lx
