#include "ops/rms_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace lx {
namespace {

struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static constexpr int64_t kGrain = 64;  // rows a thread takes at least

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x_any,
                        const c10::optional<Tensor>& given_gain, double eps) {
    const Tensor gain = given_gain.value_or(Tensor());
    const Tensor x = x_any.contiguous();
    const int64_t width = x.size(-1), rows = x.numel() / width;
    Tensor out = at::empty_like(x), scale = at::empty({rows}, x.options());
    const float* in = x.data_ptr<float>();
    const float* g = gain.defined() ? gain.data_ptr<float>() : nullptr;
    float* o = out.data_ptr<float>();
    float* s = scale.data_ptr<float>();
    at::parallel_for(0, rows, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float* row = in + r * width;
        float squares = 0;
#pragma omp simd reduction(+ : squares)
        for (int64_t c = 0; c < width; ++c) squares += row[c] * row[c];
        const float inverse = 1 / std::sqrt(squares / static_cast<float>(width) + static_cast<float>(eps));
        s[r] = inverse;
        float* to = o + r * width;
        if (g) {
          for (int64_t c = 0; c < width; ++c) to[c] = row[c] * inverse * g[c];
        } else {
          for (int64_t c = 0; c < width; ++c) to[c] = row[c] * inverse;
        }
      }
    });
    context->save_for_backward({x, gain, scale});
    return out;
  }

  // With n = x * scale and y = n * gain: dx = scale * (dy * gain - n * mean(dy * gain * n)), dgain = sum(dy * n).
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &gain = saved[1], &scale = saved[2];
    const Tensor dy = gradients[0].contiguous();
    const int64_t width = x.size(-1), rows = x.numel() / width;
    Tensor dx = at::empty_like(x);
    const float* in = x.data_ptr<float>();
    const float* g = gain.defined() ? gain.data_ptr<float>() : nullptr;
    const float* s = scale.data_ptr<float>();
    const float* d = dy.data_ptr<float>();
    float* out = dx.data_ptr<float>();
    at::parallel_for(0, rows, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *row = in + r * width, *up = d + r * width;
        float dot = 0;
        if (g) {
#pragma omp simd reduction(+ : dot)
          for (int64_t c = 0; c < width; ++c) dot += up[c] * g[c] * row[c];
        } else {
#pragma omp simd reduction(+ : dot)
          for (int64_t c = 0; c < width; ++c) dot += up[c] * row[c];
        }
        const float a = s[r], b = dot * a * a * a / static_cast<float>(width);
        float* to = out + r * width;
        if (g) {
          for (int64_t c = 0; c < width; ++c) to[c] = up[c] * g[c] * a - row[c] * b;
        } else {
          for (int64_t c = 0; c < width; ++c) to[c] = up[c] * a - row[c] * b;
        }
      }
    });
    Tensor dgain;
    if (gain.defined())
      dgain = (dy * x * scale.view(x.sizes().slice(0, x.dim() - 1)).unsqueeze(-1)).view({rows, width}).sum(0);
    return {dx, dgain, Tensor()};
  }
};

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& gain, double eps) {
  const bool fused = x.device().is_cpu() && x.scalar_type() == at::kFloat && (!gain.defined() || gain.is_contiguous());
  return fused ? RmsNormFunction::apply(x, gain.defined() ? c10::optional<Tensor>(gain) : c10::nullopt, eps)
               : rms_norm_reference(x, gain, eps);
}

Tensor rms_norm_reference(const Tensor& x, const Tensor& gain, double eps) {
  const Tensor normal = x * ((x * x).mean(-1, true) + eps).rsqrt();
  return gain.defined() ? normal * gain : normal;
}

}  // namespace lx
