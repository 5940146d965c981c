#include "ops/dropout.h"

#include "base/profile.h"
#include "base/random.h"
#include "base/simd.h"
#include "ops/dropout_loops.h"
#include "ops/rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace lx {
namespace {

struct DropoutKernel {
  static constexpr int64_t kPiece = 16384;  // elements that share their keys

  static const DropoutLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::dropout_loops, avx512::dropout_loops);
#else
    return plain::dropout_loops;
#endif
  }

  static Tensor run(const Tensor& x_any, double rate, uint64_t drawn) {
    const Timed part("dropout");
    const Tensor x = x_any.contiguous(), y = at::empty(x.sizes(), x.options());
    const auto loop = loops().drop[row_type(x)];
    const int64_t count = x.numel(), size = static_cast<int64_t>(x.element_size());
    constexpr double kAll = 4294967296.0;
    const auto below = static_cast<uint32_t>(std::min(rate * kAll, kAll - 1));
    const auto factor = static_cast<float>(rate < 1 ? 1 / (1 - rate) : 0);
    at::parallel_for(0, (count + kPiece - 1) / kPiece, 1, [&](int64_t from, int64_t to) {
      for (int64_t piece = from; piece < to; ++piece) {
        const uint64_t keys = Random(drawn).fork(static_cast<uint64_t>(piece)).key();
        const int64_t first = piece * kPiece;
        loop({.y = static_cast<char*>(y.data_ptr()) + first * size,
              .x = static_cast<const char*>(x.data_ptr()) + first * size,
              .count = std::min(kPiece, count - first),
              .first_key = static_cast<uint32_t>(keys),
              .second_key = static_cast<uint32_t>(keys >> 32),
              .below = below,
              .factor = factor});
      }
    });
    return y;
  }
};

struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, double rate, int64_t drawn) {
    context->saved_data["rate"] = rate;
    context->saved_data["drawn"] = drawn;
    return DropoutKernel::run(x, rate, static_cast<uint64_t>(drawn));
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    return {DropoutKernel::run(gradients[0], context->saved_data["rate"].toDouble(),
                               static_cast<uint64_t>(context->saved_data["drawn"].toInt())),
            Tensor(), Tensor()};
  }
};

}  // namespace

Tensor dropout(const Tensor& x, double rate) {
  if (!has_rows(x)) return at::dropout(x, rate, true);
  return DropoutFunction::apply(x, rate, at::randint(int64_t{1} << 62, {1}, at::kLong).item<int64_t>());
}

}  // namespace lx
