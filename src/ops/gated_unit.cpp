#include "ops/gated_unit.h"

#include "base/profile.h"
#include "base/simd.h"
#include "ops/activation.h"
#include "ops/gated_unit_loops.h"
#include "ops/rows.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace lx {
namespace {

struct GatedUnitKernel {
  static const GatedUnitLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::gated_unit_loops, avx512::gated_unit_loops);
#else
    return plain::gated_unit_loops;
#endif
  }

  static void* bytes(const Tensor& x, int64_t element) {
    return static_cast<char*>(x.data_ptr()) + element * static_cast<int64_t>(x.element_size());
  }

  static bool usual(const Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
  }

  static Tensor like(const Tensor& x, int64_t width) {
    std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end());
    shape.back() = width;
    return at::empty(shape, x.options());
  }
};

struct GatedUnitFunction : torch::autograd::Function<GatedUnitFunction> {
  using K = GatedUnitKernel;

  static torch::autograd::tensor_list forward(torch::autograd::AutogradContext* context, const Tensor& projected,
                                              const Tensor& query_gain, const Tensor& query_bias,
                                              const Tensor& key_gain, const Tensor& key_bias) {
    const Timed part("activation");
    const Tensor x = projected.contiguous();
    const int64_t shared = query_gain.size(0), inner = (x.size(-1) - shared) / 2, rows = x.numel() / x.size(-1);
    const Tensor gate = K::like(x, inner), value = K::like(x, inner), query = K::like(x, shared),
                 key = K::like(x, shared);
    const auto loop = K::loops().forward[row_type(x)];
    for_pieces(rows, x.size(-1), [&](int64_t, int64_t begin, int64_t end) {
      loop({.rows = end - begin,
            .inner = inner,
            .shared = shared,
            .projected = K::bytes(x, begin * x.size(-1)),
            .query_gain = query_gain.data_ptr<float>(),
            .query_bias = query_bias.data_ptr<float>(),
            .key_gain = key_gain.data_ptr<float>(),
            .key_bias = key_bias.data_ptr<float>(),
            .gate = K::bytes(gate, begin * inner),
            .value = K::bytes(value, begin * inner),
            .query = K::bytes(query, begin * shared),
            .key = K::bytes(key, begin * shared)});
    });
    context->save_for_backward({x, query_gain, key_gain});
    return {gate, value, query, key};
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Timed part("activation");
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &query_gain = saved[1], &key_gain = saved[2];
    const int64_t shared = query_gain.size(0), inner = (x.size(-1) - shared) / 2, rows = x.numel() / x.size(-1);
    for (Tensor& gradient : gradients) gradient = gradient.contiguous();
    const Tensor dx = at::empty(x.sizes(), x.options());
    const Tensor sums = at::zeros({row_pieces(rows), 4, shared}, at::kFloat);
    const auto loop = K::loops().backward[row_type(x)];
    for_pieces(rows, x.size(-1), [&](int64_t piece, int64_t begin, int64_t end) {
      float* own = sums.data_ptr<float>() + piece * 4 * shared;
      loop({.rows = end - begin,
            .inner = inner,
            .shared = shared,
            .projected = K::bytes(x, begin * x.size(-1)),
            .query_gain = query_gain.data_ptr<float>(),
            .key_gain = key_gain.data_ptr<float>(),
            .gate = K::bytes(gradients[0], begin * inner),
            .value = K::bytes(gradients[1], begin * inner),
            .query = K::bytes(gradients[2], begin * shared),
            .key = K::bytes(gradients[3], begin * shared),
            .d_projected = K::bytes(dx, begin * x.size(-1)),
            .query_gain_slope = own,
            .query_bias_slope = own + shared,
            .key_gain_slope = own + 2 * shared,
            .key_bias_slope = own + 3 * shared});
    });
    const auto slopes = sums.sum(0).unbind(0);
    return {dx, slopes[0], slopes[1], slopes[2], slopes[3]};
  }
};

}  // namespace

GatedParts gated_parts(const Tensor& projected, const GatedSide& query, const GatedSide& key) {
  using K = GatedUnitKernel;
  if (!has_rows(projected) || !K::usual(query.gain) || !K::usual(key.gain))
    return gated_parts_reference(projected, query, key);
  const auto bias = [&](const GatedSide& side) {
    return side.bias.defined() ? side.bias : at::zeros(side.gain.sizes(), at::kFloat);
  };
  const auto parts = GatedUnitFunction::apply(projected, query.gain, bias(query), key.gain, bias(key));
  return {parts[0], parts[1], parts[2], parts[3]};
}

GatedParts gated_parts_reference(const Tensor& projected, const GatedSide& query, const GatedSide& key) {
  const int64_t shared = query.gain.size(0), inner = (projected.size(-1) - shared) / 2;
  const auto parts = silu_reference(projected).split_with_sizes({inner, inner, shared}, -1);
  const auto side = [&](const GatedSide& one) {
    const Tensor y = parts[2] * one.gain;
    return (one.bias.defined() ? y + one.bias : y).to(projected.scalar_type());
  };
  return {parts[0], parts[1], side(query), side(key)};
}

}  // namespace lx
