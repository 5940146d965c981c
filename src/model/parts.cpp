#include "model/parts.h"

#include "model/stretches.h"
#include "ops/dropout.h"
#include "ops/product.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
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
  for (const Stretch& one : stretches) widths_.push_back(one.width);
  if (std::all_of(stretches.begin(), stretches.end(), has)) {
    bias_ = register_parameter("bias", at::zeros({weight_.size(0)}));
  } else if (std::any_of(stretches.begin(), stretches.end(), has)) {
    for (const Stretch& one : stretches)
      biases_.push_back(one.bias ? register_parameter("bias_" + one.name, at::zeros({one.width})) : Tensor());
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

Tensor Linear::part(const Tensor& x, size_t stretch) const {
  const int64_t from =
      std::accumulate(widths_.begin(), widths_.begin() + static_cast<std::ptrdiff_t>(stretch), int64_t{0});
  const int64_t width = widths_.at(stretch);
  const Tensor bias = bias_.defined() ? bias_.narrow(0, from, width) : biases_.empty() ? Tensor() : biases_[stretch];
  return linear(x, weight_.narrow(0, from, width), bias);
}

std::vector<Tensor> Linear::parts(const Tensor& x) const {
  if (!by_stretches(x)) return forward(x).split_with_sizes(widths_, -1);
  std::vector<Tensor> all;
  for (size_t stretch = 0; stretch < widths_.size(); ++stretch) all.push_back(part(x, stretch));
  return all;
}

Tensor drop(const Tensor& x, double rate, bool training) { return rate > 0 && training ? lx::dropout(x, rate) : x; }

int64_t Linear::operations(int64_t rows) const { return 2 * rows * weight_.numel(); }

}  // namespace lx
