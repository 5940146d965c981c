// The loops of ops/norm_loops.h. A row is brought into float32 once, stays in the nearest cache, and is swept there.
#include "ops/norm_loops.h"

#include "ops/simd_math.h"

namespace lx::LX_SIMD {
namespace {

template <class In>
float join(float* s, const float* x, float alpha, const In* branch, int64_t width) {
  float total = 0;
  if (x) {
#pragma omp simd reduction(+ : total)
    for (int64_t c = 0; c < width; ++c) total += s[c] = alpha * x[c] + wide(branch[c]);
  } else {
#pragma omp simd reduction(+ : total)
    for (int64_t c = 0; c < width; ++c) total += s[c] = wide(branch[c]);
  }
  return total;
}

template <class Out>
void give(Out* out, const float* s, float mean, float inverse, const NormForward& f) {
  const float *gain = f.gain, *bias = f.bias;
  if (bias) {
#pragma omp simd
    for (int64_t c = 0; c < f.width; ++c) out[c] = narrow<Out>((s[c] - mean) * inverse * gain[c] + bias[c]);
  } else if (gain) {
#pragma omp simd
    for (int64_t c = 0; c < f.width; ++c) out[c] = narrow<Out>((s[c] - mean) * inverse * gain[c]);
  } else {
#pragma omp simd
    for (int64_t c = 0; c < f.width; ++c) out[c] = narrow<Out>((s[c] - mean) * inverse);
  }
}

template <class In, class Out>
void norm_forward(const NormForward& f) {
  for (int64_t r = 0; r < f.rows; ++r) {
    float* s = f.sum ? f.sum + r * f.width : f.scratch;
    const In* branch = static_cast<const In*>(f.branch) + r * f.step;
    const float total = join(s, f.x ? f.x + r * f.width : nullptr, f.alpha, branch, f.width);
    const float mean = f.centred ? total / static_cast<float>(f.width) : 0;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t c = 0; c < f.width; ++c) squares += (s[c] - mean) * (s[c] - mean);
    const float inverse = 1 / __builtin_sqrtf(squares / static_cast<float>(f.width) + f.eps);
    give(static_cast<Out*>(f.out) + r * f.width, s, mean, inverse, f);
    if (f.mean) f.mean[r] = mean;
    if (f.inverse) f.inverse[r] = inverse;
  }
}

// With n = (s - mean) / deviation, y = n gain + bias and g = dy gain: ds = (g - mean(g) - n mean(g n)) / deviation,
// without mean(g) where nothing was centred; dgain = sum of dy n, dbias = sum of dy.
template <class Sum, class Out, class Branch>
void norm_backward(const NormBackward& b) {
  const int64_t width = b.width;
  const float* gain = b.gain;
  float *d = b.scratch, *d_gain = b.d_gain;
  for (int64_t r = 0; r < b.rows; ++r) {
    const Sum* s = static_cast<const Sum*>(b.s) + r * b.step;
    const Out* dy = static_cast<const Out*>(b.d_out) + r * width;
    const float mean = b.mean[r], inverse = b.inverse[r];
    float sum_g = 0, sum_gn = 0;
#pragma omp simd reduction(+ : sum_g, sum_gn)
    for (int64_t c = 0; c < width; ++c) {
      const float up = wide(dy[c]), n = (wide(s[c]) - mean) * inverse, g = up * gain[c];
      d_gain[c] += up * n;
      sum_g += g;
      sum_gn += g * n;
    }
    if (b.d_bias) {
      float* d_bias = b.d_bias;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) d_bias[c] += wide(dy[c]);
    }
    const float first = b.centred ? sum_g / static_cast<float>(width) : 0, second = sum_gn / static_cast<float>(width);
#pragma omp simd
    for (int64_t c = 0; c < width; ++c) {
      const float n = (wide(s[c]) - mean) * inverse;
      d[c] = (wide(dy[c]) * gain[c] - first - n * second) * inverse;
    }
    if (b.d_sum) {
      const float* beside = b.d_sum + r * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) d[c] += beside[c];
    }
    if (b.d_x) {
      float* d_x = b.d_x + r * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) d_x[c] = b.alpha * d[c];
    }
    if (b.d_branch) {
      Branch* d_branch = static_cast<Branch*>(b.d_branch) + r * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) d_branch[c] = narrow<Branch>(d[c]);
    }
  }
}

}  // namespace

const NormLoops norm_loops{
    {{norm_forward<float, float>, norm_forward<float, Half>}, {norm_forward<Half, float>, norm_forward<Half, Half>}},
    {{{norm_backward<float, float, float>, norm_backward<float, float, Half>},
      {norm_backward<float, Half, float>, norm_backward<float, Half, Half>}},
     {{norm_backward<Half, float, float>, norm_backward<Half, float, Half>},
      {norm_backward<Half, Half, float>, norm_backward<Half, Half, Half>}}}};

}  // namespace lx::LX_SIMD
