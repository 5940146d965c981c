#include "ops/activation.h"

#include "base/profile.h"
#include "base/simd.h"
#include "ops/activation_loops.h"
#include "ops/rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>
#include <vector>

namespace lx {
namespace {

struct ActivationKernel {
  static constexpr int64_t kGrain = 16384;  // elements a thread takes at least

  static const ActivationLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::activation_loops, avx512::activation_loops);
#else
    return plain::activation_loops;
#endif
  }

  static char* bytes(const Tensor& x, int64_t element) {
    return static_cast<char*>(x.data_ptr()) + element * static_cast<int64_t>(x.element_size());
  }

  template <class Work>
  static void share(int64_t count, int64_t width, Work&& work) {
    at::parallel_for(0, count, kGrain / width + 1, [&](int64_t begin, int64_t end) { work(begin, end - begin); });
  }
};

/// A function of each element by itself, as a member of the table of loops.
template <ActivationLoops::Forward (ActivationLoops::*Value)[2], ActivationLoops::Backward (ActivationLoops::*Slope)[2]>
struct Pointwise : torch::autograd::Function<Pointwise<Value, Slope>> {
  using K = ActivationKernel;

  static void run(const Tensor& y, const Tensor& x) {
    const Timed part("activation");
    const auto loop = (K::loops().*Value)[row_type(x)];
    K::share(x.numel(), 1, [&](int64_t first, int64_t count) { loop(K::bytes(y, first), K::bytes(x, first), count); });
  }

  static Tensor of(Tensor x, Tensor (*reference)(const Tensor&)) {
    if (!has_rows(x)) return reference(x);
    if (at::GradMode::is_enabled()) return Pointwise::apply(x);
    const Tensor y = may_overwrite(x) ? x : at::empty(x.sizes(), x.options());
    run(y, x.contiguous());
    return y;
  }

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x_any) {
    const Tensor x = x_any.contiguous(), y = at::empty(x.sizes(), x.options());
    run(y, x);
    context->save_for_backward({x});
    return y;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Timed part("activation");
    const Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous();
    const Tensor dx = at::empty(x.sizes(), x.options());
    const auto loop = (K::loops().*Slope)[row_type(x)];
    K::share(x.numel(), 1, [&](int64_t first, int64_t count) {
      loop(K::bytes(dx, first), K::bytes(dy, first), K::bytes(x, first), count);
    });
    return {dx};
  }
};

struct SwigluFunction : torch::autograd::Function<SwigluFunction> {
  using K = ActivationKernel;

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x_any) {
    const Timed part("activation");
    const Tensor x = x_any.contiguous();
    const int64_t width = x.size(-1) / 2, rows = x.numel() / (2 * width);
    std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end());
    shape.back() = width;
    const Tensor y = at::empty(shape, x.options());
    const auto loop = K::loops().swiglu[row_type(x)];
    K::share(rows, width, [&](int64_t first, int64_t count) {
      loop(K::bytes(y, first * width), K::bytes(x, 2 * first * width), count, width);
    });
    context->save_for_backward({x});
    return y;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Timed part("activation");
    const Tensor x = context->get_saved_variables()[0], dy = gradients[0].contiguous();
    const Tensor dx = at::empty(x.sizes(), x.options());
    const int64_t width = x.size(-1) / 2, rows = x.numel() / (2 * width);
    const auto loop = K::loops().swiglu_slope[row_type(x)];
    K::share(rows, width, [&](int64_t first, int64_t count) {
      loop(K::bytes(dx, 2 * first * width), K::bytes(dy, first * width), K::bytes(x, 2 * first * width), count, width);
    });
    return {dx};
  }
};

struct TimesFunction : torch::autograd::Function<TimesFunction> {
  using K = ActivationKernel;

  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& a_any, const Tensor& b_any) {
    const Timed part("activation");
    const Tensor a = a_any.contiguous(), b = b_any.contiguous(), y = at::empty(a.sizes(), a.options());
    const auto loop = K::loops().times[row_type(a)];
    K::share(a.numel(), 1, [&](int64_t first, int64_t count) {
      loop(K::bytes(y, first), K::bytes(a, first), K::bytes(b, first), count);
    });
    context->save_for_backward({a, b});
    return y;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Timed part("activation");
    const auto saved = context->get_saved_variables();
    const Tensor &a = saved[0], &b = saved[1], dy = gradients[0].contiguous();
    const Tensor da = at::empty(a.sizes(), a.options()), db = at::empty(a.sizes(), a.options());
    const auto loop = K::loops().times_slopes[row_type(a)];
    K::share(a.numel(), 1, [&](int64_t first, int64_t count) {
      loop(K::bytes(da, first), K::bytes(db, first), K::bytes(dy, first), K::bytes(a, first), K::bytes(b, first),
           count);
    });
    return {da, db};
  }
};

}  // namespace

Tensor gelu(Tensor x) {
  return Pointwise<&ActivationLoops::gelu, &ActivationLoops::gelu_slope>::of(std::move(x), gelu_reference);
}
Tensor silu(Tensor x) {
  return Pointwise<&ActivationLoops::silu, &ActivationLoops::silu_slope>::of(std::move(x), silu_reference);
}
Tensor squared_relu(Tensor x) {
  return Pointwise<&ActivationLoops::squared_relu, &ActivationLoops::squared_relu_slope>::of(std::move(x),
                                                                                             squared_relu_reference);
}

Tensor swiglu(const Tensor& x) { return has_rows(x) ? SwigluFunction::apply(x) : swiglu_reference(x); }

Tensor times(const Tensor& a, const Tensor& b) {
  const bool fused = has_rows(a) && row_type(a) == row_type(b) && a.sizes() == b.sizes();
  return fused ? TimesFunction::apply(a, b) : a * b;
}

Tensor gelu_reference(const Tensor& x) { return at::gelu(x); }
Tensor silu_reference(const Tensor& x) { return at::silu(x); }
Tensor squared_relu_reference(const Tensor& x) { return at::relu(x).square(); }
Tensor swiglu_reference(const Tensor& x) {
  const auto halves = x.chunk(2, -1);
  return at::silu(halves[0]) * halves[1];
}

}  // namespace lx
