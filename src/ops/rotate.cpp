#include "ops/rotate.h"

#include "base/profile.h"
#include "base/simd.h"
#include "ops/rotate_loops.h"
#include "ops/rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace lx {
namespace {

struct RotateKernel {
  static bool constant(const Tensor& x) { return !x.defined() || !x.requires_grad() || !at::GradMode::is_enabled(); }
  static bool takes(const Tensor& x, const Tensor& cosine, const Tensor& sine, const Tensor& gain) {
    return has_rows(x) && x.dim() == 4 && cosine.device().is_cpu() && cosine.scalar_type() == at::kFloat &&
           sine.scalar_type() == at::kFloat && constant(cosine) && constant(sine) &&
           (!gain.defined() || gain.device().is_cpu());
  }

  static const RotateLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::rotate_loops, avx512::rotate_loops);
#else
    return plain::rotate_loops;
#endif
  }

  /// gain: undefined or [B,H,T], float32, any strides.
  static Tensor run(const Tensor& x_any, const Tensor& cosine, const Tensor& sine, const Tensor& gain,
                    RotateLoops::Loop loop, float direction) {
    const Timed part("rotate");
    const Tensor x = x_any.stride(3) == 1 ? x_any : x_any.contiguous();
    const int64_t batch = x.size(0), heads = x.size(1), length = x.size(2), width = x.size(3), pairs = cosine.size(-1);
    const Tensor out = at::empty({batch, heads, length, width}, x.options());
    const int64_t table_step = cosine.dim() == 4 && cosine.size(0) > 1 ? length * pairs : 0;
    const float *cosines = cosine.data_ptr<float>(), *sines = sine.data_ptr<float>();
    const float* gains = gain.defined() ? gain.data_ptr<float>() : nullptr;
    const auto at_element = [](const Tensor& tensor, int64_t element) {
      return static_cast<char*>(tensor.data_ptr()) + element * static_cast<int64_t>(tensor.element_size());
    };
    at::parallel_for(0, batch * heads * length, 16384 / width + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end;) {
        const int64_t t = row % length, h = row / length % heads, b = row / length / heads;
        const int64_t rows = std::min(end - row, length - t), table = b * table_step + t * pairs;
        loop({.rows = rows,
              .width = width,
              .pairs = pairs,
              .x = at_element(x, b * x.stride(0) + h * x.stride(1) + t * x.stride(2)),
              .step = x.stride(2),
              .out = at_element(out, row * width),
              .cosine = cosines + table,
              .sine = sines + table,
              .gain = gains ? gains + b * gain.stride(0) + h * gain.stride(1) + t * gain.stride(2) : nullptr,
              .gain_step = gains ? gain.stride(2) : 0,
              .direction = direction});
        row += rows;
      }
    });
    return out;
  }
};

struct RotateFunction : torch::autograd::Function<RotateFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& cosine,
                        const Tensor& sine, const c10::optional<Tensor>& given_gain, bool neighbours) {
    const Tensor gain = given_gain.value_or(Tensor());
    context->save_for_backward({cosine, sine, gain});
    context->saved_data["neighbours"] = neighbours;
    const auto& loops = RotateKernel::loops();
    const auto& loop = neighbours ? loops.from_neighbours : loops.halves;
    return RotateKernel::run(x, cosine, sine, gain, loop[row_type(x)], 1);
  }
  // A turn is orthogonal up to the factors in its tables and gain: its gradient is the turn back with the same.
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto& loops = RotateKernel::loops();
    const auto& loop = context->saved_data["neighbours"].toBool() ? loops.to_neighbours : loops.halves;
    const Tensor dx = RotateKernel::run(gradients[0], saved[0], saved[1], saved[2], loop[row_type(gradients[0])], -1);
    return {dx, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine, const Tensor& gain, Pairs pairs) {
  if (!RotateKernel::takes(x, cosine, sine, gain)) return rotate_reference(x, cosine, sine, gain, pairs);
  // The gradient of a learned gain asks for what was turned.
  if (!RotateKernel::constant(gain)) return rotate(x, cosine, sine, {}, pairs) * gain.unsqueeze(-1).to(x.scalar_type());
  c10::optional<Tensor> factor;
  if (gain.defined()) factor = gain.to(at::kFloat).expand({x.size(0), x.size(1), x.size(2)});
  return RotateFunction::apply(x, cosine.contiguous(), sine.contiguous(), factor, pairs == Pairs::neighbours);
}

Tensor rotate_reference(const Tensor& given, const Tensor& cosine, const Tensor& sine, const Tensor& gain,
                        Pairs pairs) {
  const at::ScalarType type = given.scalar_type();
  const Tensor x = type == at::kBFloat16 ? given.to(at::kFloat) : given;  // computed in float32
  const int64_t half = cosine.size(-1);
  const bool apart = pairs == Pairs::halves;
  const Tensor first = apart ? x.narrow(-1, 0, half) : x.slice(-1, 0, 2 * half, 2);
  const Tensor second = apart ? x.narrow(-1, half, half) : x.slice(-1, 1, 2 * half, 2);
  const Tensor turned =
      at::cat({first * cosine - second * sine, first * sine + second * cosine, x.slice(-1, 2 * half, x.size(-1))}, -1);
  return (gain.defined() ? turned * gain.unsqueeze(-1).to(x.scalar_type()) : turned).to(type);
}

}  // namespace lx
