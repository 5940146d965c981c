// Fused operations beside their plain twins: values and gradients in float32 and bfloat16 against the twin in float64,
// while fresh memory holds what is no number.
#pragma once

#include "catch.h"
#include "tensor/tensor.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <string>
#include <vector>

namespace lx {

using Tensors = std::vector<Tensor>;
using TensorFunction = std::function<Tensors(const Tensors&)>;

/// Memory that comes next is likely this, full of NaN: an operation that leaves holes shows them.
inline void poison(int64_t elements) {
  std::vector<Tensor> held;
  for (int i = 0; i < 6; ++i) held.push_back(at::full({elements}, std::nan(""), at::kFloat));
}

inline double farthest(const Tensor& a, const Tensor& b) {
  const double apart = ((a.to(at::kDouble) - b).abs().max() / (b.abs().max() + 1e-6)).item<double>();
  return std::isnan(apart) ? 1e9 : apart;
}

/// One of an operation's inputs.
struct Input {
  Tensor value;            // float64
  bool parameter = false;  // stays float32 where others are bfloat16
};

/// `fused` sees the inputs in `type`, `plain` the same numbers in float64; all outputs count.
inline void same_in(at::ScalarType type, const TensorFunction& fused, const TensorFunction& plain,
                    const std::vector<Input>& inputs) {
  INFO(std::string(type == at::kFloat ? "float32" : "bfloat16"));
  Tensors given, exact;
  for (const Input& input : inputs) {
    const Tensor own = input.value.to(input.parameter ? at::kFloat : type);
    given.push_back(own.clone().set_requires_grad(true));
    exact.push_back(own.to(at::kDouble).set_requires_grad(true));
  }
  const double value = type == at::kFloat ? 2e-6 : 8e-3, slope = type == at::kFloat ? 1e-5 : 2e-2;
  poison(4096);
  const Tensors a = fused(given), b = plain(exact);
  REQUIRE(a.size() == b.size());
  Tensor a_sum = at::zeros({}, at::kDouble), b_sum = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < a.size(); ++i) {
    INFO("output " << i);
    REQUIRE(a[i].sizes() == b[i].sizes());
    CHECK(farthest(a[i], b[i]) < value);
    const Tensor probe = at::randn_like(b[i]).to(a[i].scalar_type()).to(at::kDouble);
    a_sum = a_sum + (a[i].to(at::kDouble) * probe).sum();
    b_sum = b_sum + (b[i] * probe).sum();
    at::NoGradGuard off;
    poison(4096);
    CHECK(farthest(fused(given)[i], b[i]) < value);
  }
  poison(4096);
  const auto ga = torch::autograd::grad({a_sum}, given), gb = torch::autograd::grad({b_sum}, exact);
  for (size_t i = 0; i < ga.size(); ++i) {
    INFO("gradient of input " << i);
    CHECK(ga[i].scalar_type() == given[i].scalar_type());
    CHECK(farthest(ga[i], gb[i]) < slope);
  }
}

inline void same_as_twin(const TensorFunction& fused, const TensorFunction& plain, const std::vector<Input>& inputs) {
  for (const auto type : {at::kFloat, at::kBFloat16}) same_in(type, fused, plain, inputs);
}

inline Tensor some(at::IntArrayRef sizes) { return at::randn(sizes, at::kDouble); }

}  // namespace lx
