#include "ops/rotate.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

namespace lx {
namespace {

struct RotateKernel {
  static bool takes(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 && x.stride(3) == 1 &&
           !cosine.requires_grad() && !sine.requires_grad();
  }

  static Tensor run(const Tensor& x, const Tensor& cosine, const Tensor& sine, float direction) {
    const int64_t batch = x.size(0), heads = x.size(1), length = x.size(2), half = x.size(3) / 2;
    Tensor out = at::empty({batch, heads, length, 2 * half}, x.options());
    const float* source = x.data_ptr<float>();
    float* target = out.data_ptr<float>();
    const float* cos_table = cosine.data_ptr<float>();
    const float* sin_table = sine.data_ptr<float>();
    const int64_t table_step = cosine.dim() == 4 && cosine.size(0) > 1 ? length * half : 0;
    const auto strides = x.strides();
    at::parallel_for(0, batch * heads * length, 16384 / (half + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t t = row % length, h = row / length % heads, b = row / length / heads;
        const float* in = source + b * strides[0] + h * strides[1] + t * strides[2];
        const float* c = cos_table + b * table_step + t * half;
        const float* s = sin_table + b * table_step + t * half;
        float* o = target + row * 2 * half;
        for (int64_t m = 0; m < half; ++m) {
          const float sn = direction * s[m];
          o[m] = in[m] * c[m] - in[m + half] * sn;
          o[m + half] = in[m] * sn + in[m + half] * c[m];
        }
      }
    });
    return out;
  }
};

struct RotateFunction : torch::autograd::Function<RotateFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& cosine,
                        const Tensor& sine) {
    context->save_for_backward({cosine, sine});
    return RotateKernel::run(x, cosine, sine, 1);
  }
  // A turn is orthogonal up to the gain in its tables: its gradient is the turn back with the same tables.
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    Tensor gradient = gradients[0];
    if (gradient.stride(3) != 1) gradient = gradient.contiguous();
    return {RotateKernel::run(gradient, saved[0], saved[1], -1), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  if (!RotateKernel::takes(x, cosine, sine)) return rotate_reference(x, cosine, sine);
  return RotateFunction::apply(x, cosine.contiguous(), sine.contiguous());
}

Tensor rotate_reference(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  const auto halves = x.chunk(2, -1);
  return at::cat({halves[0] * cosine - halves[1] * sine, halves[0] * sine + halves[1] * cosine}, -1);
}

}  // namespace lx
