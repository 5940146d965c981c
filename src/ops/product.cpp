#include "ops/product.h"

#include "base/profile.h"
#include "ops/onednn.h"
#include "ops/precision.h"
#include "ops/weight_gradient.h"
#include "ops/weight_packs.h"
#include "ops/work.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace lx {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct ProductTypes {
  static bool ours(const Tensor& x) { return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16; }

  /// oneDNN multiplies them: real numbers in memory, in bf16 only where the processor can.
  static bool takes(const Tensor& a, const Tensor& b) {
    return a.device().is_cpu() && b.device().is_cpu() && ours(a) && ours(b) && a.numel() > 0 && b.numel() > 0 &&
           (precision() == Precision::fp32 || native_bf16());
  }

  static at::ScalarType of(Gives gives) { return gives == Gives::float32 ? at::kFloat : working_type(); }
};

struct ProductFunction : torch::autograd::Function<ProductFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& a_any, const Tensor& b_any, at::ScalarType gives) {
    const Timed part("products");
    const Tensor a = a_any.to(working_type()), b = b_any.to(working_type());
    context->save_for_backward({a, b});
    context->saved_data["type of a"] = a_any.scalar_type();
    context->saved_data["type of b"] = b_any.scalar_type();
    return onednn::multiply(a, b, gives);
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const Timed part("products");
    const auto saved = context->get_saved_variables();
    const Tensor dy = gradients[0].to(saved[0].scalar_type());
    Tensor da, db;
    if (context->needs_input_grad(0))
      da = onednn::multiply(dy, saved[1].transpose(-1, -2), context->saved_data["type of a"].toScalarType());
    if (context->needs_input_grad(1))
      db = onednn::multiply(saved[0].transpose(-1, -2), dy, context->saved_data["type of b"].toScalarType());
    return {da, db, Tensor()};
  }
};

/// x [M,inputs], weight [outputs,inputs], bias [outputs] float32 -> [M,outputs].
struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const c10::optional<Tensor>& given_bias, at::ScalarType gives) {
    const Timed part("products");
    const Tensor bias = given_bias.value_or(Tensor());
    const Tensor rows = x.to(working_type());
    context->save_for_backward({rows, weight});
    context->saved_data["type of x"] = x.scalar_type();
    context->saved_data["biased"] = bias.defined();
    if (rows.scalar_type() == at::kBFloat16)
      return onednn::multiply_packed(rows, packed_weight(weight, PackFor::forward), bias, gives);
    const Tensor y = onednn::multiply(rows, weight.to(at::kFloat).t(), gives);
    return bias.defined() ? y.add_(bias) : y;
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const Timed part("products");
    const auto saved = context->get_saved_variables();
    const Tensor &rows = saved[0], &weight = saved[1];
    const at::ScalarType type = rows.scalar_type(), x_type = context->saved_data["type of x"].toScalarType();
    const Tensor dy = gradients[0].to(type).contiguous();
    Tensor dx, dw, db;
    if (context->needs_input_grad(0)) {
      dx = type == at::kBFloat16
               ? onednn::multiply_packed(dy, packed_weight(weight, PackFor::input_gradient), Tensor(), x_type)
               : onednn::multiply(dy, weight.to(type), x_type);
    }
    if (context->needs_input_grad(1)) {
      dw = takes_weight_gradient(dy, rows) ? weight_gradient(dy, rows)
                                           : onednn::multiply(dy.t(), rows, weight.scalar_type());
    }
    if (context->saved_data["biased"].toBool() && context->needs_input_grad(2))
      db = gradients[0].sum(0, false, at::kFloat);
    return {dx, dw, db, Tensor()};
  }
};

struct RoundFunction : torch::autograd::Function<RoundFunction> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); }
  static tensor_list backward(AutogradContext*, tensor_list gradients) { return {gradients[0]}; }
};

struct ProductTwin {
  /// What a twin multiplies instead of a factor of the working precision: float32 with the factor's values.
  static Tensor factor(const Tensor& x) {
    if (x.scalar_type() == at::kBFloat16) return x.to(at::kFloat);
    return precision() == Precision::bf16 ? RoundFunction::apply(x) : x;
  }
};

}  // namespace

Tensor product(const Tensor& a, const Tensor& b, Gives gives) {
  if (WorkCounter::on()) WorkCounter::add(2 * a.numel() * b.size(-1));
  if (a.dim() < 2 || a.dim() != b.dim() || !ProductTypes::takes(a, b)) return product_reference(a, b, gives);
  return ProductFunction::apply(a, b, ProductTypes::of(gives));
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, Gives gives) {
  if (WorkCounter::on()) WorkCounter::add(2 * x.numel() * weight.size(0));
  if (!ProductTypes::takes(x, weight) || (bias.defined() && bias.scalar_type() != at::kFloat))
    return linear_reference(x, weight, bias, gives);
  std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.back() = weight.size(0);
  const auto given_bias = bias.defined() ? c10::optional<Tensor>(bias.contiguous()) : c10::nullopt;
  return LinearFunction::apply(x.reshape({-1, x.size(-1)}), weight, given_bias, ProductTypes::of(gives)).view(shape);
}

Tensor product_reference(const Tensor& a, const Tensor& b, Gives gives) {
  if (!ProductTypes::ours(a) || !ProductTypes::ours(b)) return at::matmul(a, b);
  return at::matmul(ProductTwin::factor(a), ProductTwin::factor(b)).to(ProductTypes::of(gives));
}

Tensor linear_reference(const Tensor& x, const Tensor& weight, const Tensor& bias, Gives gives) {
  if (!ProductTypes::ours(x) || !ProductTypes::ours(weight)) return at::linear(x, weight, bias);
  const Tensor sums = bias.defined() ? bias.to(at::kFloat) : bias;
  return at::linear(ProductTwin::factor(x), ProductTwin::factor(weight), sums).to(ProductTypes::of(gives));
}

}  // namespace lx
