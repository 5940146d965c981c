#include "train/flat_steps.h"

#include "base/simd.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lx {
namespace {

struct FlatWork {
  static constexpr int64_t kChunk = 16384;  // elements: a few arrays of it fit the second-level cache

  static bool fused(const Tensor& flat) {
    return flat.device().is_cpu() && flat.scalar_type() == at::kFloat && flat.is_contiguous();
  }

  static const FlatLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::flat_loops, avx512::flat_loops);
#else
    return plain::flat_loops;
#endif
  }

  static int64_t chunks(int64_t elements) { return (elements + kChunk - 1) / kChunk; }

  /// work(chunk, first element, elements)
  template <class Work>
  static void in_chunks(int64_t elements, const Work& work) {
    at::parallel_for(0, chunks(elements), 4, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk)
        work(chunk, chunk * kChunk, std::min(kChunk, elements - chunk * kChunk));
    });
  }

  static double square_sum(int64_t elements, const float* values) {
    std::vector<double> sums(static_cast<size_t>(chunks(elements)));
    in_chunks(elements, [&](int64_t chunk, int64_t from, int64_t count) {
      sums[static_cast<size_t>(chunk)] = loops().square_sum(count, values + from);
    });
    double sum = 0;
    for (const double one : sums) sum += one;
    return sum;
  }

  static double size(double squares, int64_t elements, double smallest) {
    return std::max(std::sqrt(squares / static_cast<double>(elements)), smallest);
  }
};

}  // namespace

void adamw_step(const Tensor& values, const Tensor& gradients, const Tensor& first, const Tensor& second,
                const AdamWStep& step) {
  if (!FlatWork::fused(values)) return adamw_step_reference(values, gradients, first, second, step);
  float *const value = values.data_ptr<float>(), *const one = first.data_ptr<float>();
  float *const two = second.data_ptr<float>(), *const gradient = gradients.data_ptr<float>();
  FlatWork::in_chunks(values.numel(), [&](int64_t, int64_t from, int64_t count) {
    FlatWork::loops().adamw(count, value + from, gradient + from, one + from, two + from, step);
  });
}

void adamw_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& first, const Tensor& second,
                          const AdamWStep& step) {
  const Tensor scaled = step.scale == 1 ? gradients : gradients * step.scale;
  values.mul_(step.keep);
  first.lerp_(scaled, 1 - step.beta1);
  second.mul_(step.beta2).addcmul_(scaled, scaled, 1 - step.beta2);
  values.addcdiv_(first, second.sqrt().div_(step.root).add_(step.eps), -step.rate);
}

void lion_step(const Tensor& values, const Tensor& gradients, const Tensor& momentum, const LionStep& step) {
  if (!FlatWork::fused(values)) return lion_step_reference(values, gradients, momentum, step);
  float *const value = values.data_ptr<float>(), *const kept = momentum.data_ptr<float>();
  const float* const gradient = gradients.data_ptr<float>();
  FlatWork::in_chunks(values.numel(), [&](int64_t, int64_t from, int64_t count) {
    FlatWork::loops().lion(count, value + from, gradient + from, kept + from, step);
  });
}

void lion_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& momentum, const LionStep& step) {
  const Tensor scaled = step.scale == 1 ? gradients : gradients * step.scale;
  const Tensor direction = momentum.lerp(scaled, 1 - step.beta1).sign_();
  values.mul_(step.keep).add_(direction, -step.rate);
  momentum.lerp_(scaled, 1 - step.beta2);
}

void tiger_step(const Tensor& values, const Tensor& gradients, const Tensor& momentum, TigerSize size,
                double smallest_rms, const TigerStep& step) {
  if (!FlatWork::fused(values)) return tiger_step_reference(values, gradients, momentum, size, smallest_rms, step);
  const int64_t elements = values.numel();
  float *const value = values.data_ptr<float>(), *const kept = momentum.data_ptr<float>();
  const float* const gradient = gradients.data_ptr<float>();
  const auto update = [&](int64_t from, int64_t count, const TigerStep& scaled) {
    FlatWork::loops().tiger(count, value + from, gradient + from, kept + from, scaled);
  };
  TigerStep scaled = step;
  if (size != TigerSize::row) {
    if (size == TigerSize::whole)
      scaled.rate *= FlatWork::size(FlatWork::square_sum(elements, value), elements, smallest_rms);
    FlatWork::in_chunks(elements, [&](int64_t, int64_t from, int64_t count) { update(from, count, scaled); });
    return;
  }
  const int64_t width = values.size(-1);
  at::parallel_for(0, elements / std::max<int64_t>(width, 1), 4 * FlatWork::kChunk / (width + 1) + 1,
                   [&](int64_t begin, int64_t end) {
                     for (int64_t from = begin * width; from < end * width; from += width) {
                       TigerStep row = step;
                       row.rate *=
                           FlatWork::size(FlatWork::loops().square_sum(width, value + from), width, smallest_rms);
                       update(from, width, row);
                     }
                   });
}

void tiger_step_reference(const Tensor& values, const Tensor& gradients, const Tensor& momentum, TigerSize size,
                          double smallest_rms, const TigerStep& step) {
  momentum.lerp_(step.scale == 1 ? gradients : gradients * step.scale, 1 - step.beta);
  const Tensor direction = momentum.sign().add_(values, step.decay);
  if (size == TigerSize::one) {
    values.add_(direction, -step.rate);
    return;
  }
  const Tensor squares = values.square();
  const Tensor mean = size == TigerSize::row ? squares.mean(-1, /*keepdim=*/true) : squares.mean();
  values.addcmul_(direction, mean.sqrt().clamp_min_(smallest_rms), -step.rate);
}

void draw_to(const Tensor& average, const Tensor& values, double share) {
  if (!FlatWork::fused(average)) {
    average.lerp_(values, share);
    return;
  }
  float* const mean = average.data_ptr<float>();
  const float* const value = values.data_ptr<float>();
  FlatWork::in_chunks(average.numel(), [&](int64_t, int64_t from, int64_t count) {
    FlatWork::loops().draw_to(count, mean + from, value + from, share);
  });
}

double square_sum(const Tensor& flat) {
  if (!FlatWork::fused(flat)) return flat.to(at::kDouble).square().sum().item<double>();
  return FlatWork::square_sum(flat.numel(), flat.data_ptr<float>());
}

}  // namespace lx
