#include "ops/norm.h"

#include "base/profile.h"
#include "base/simd.h"
#include "ops/norm_loops.h"
#include "ops/rows.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>
#include <vector>

namespace lx {
namespace {

using MaybeTensor = c10::optional<Tensor>;

struct NormKernel {
  static MaybeTensor maybe(const Tensor& x) { return x.defined() ? MaybeTensor(x) : MaybeTensor(); }

  static const NormLoops& loops() {
#ifdef LX_SIMD_WIDE
    return pick(plain::norm_loops, avx512::norm_loops);
#else
    return plain::norm_loops;
#endif
  }

  static const float* floats(const Tensor& x) { return x.defined() ? x.data_ptr<float>() : nullptr; }
  static float* writable(const Tensor& x) { return x.defined() ? x.data_ptr<float>() : nullptr; }
  static void* bytes(const Tensor& x, int64_t element) {
    return x.defined() ? static_cast<char*>(x.data_ptr()) + element * static_cast<int64_t>(x.element_size()) : nullptr;
  }
  static bool usual(const Tensor& x) {
    return !x.defined() || (x.device().is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous());
  }

  static bool takes(const Tensor& x, const RowNorm& norm) {
    return has_rows(x) && usual(norm.gain) && usual(norm.bias);
  }
  static bool joins(const Tensor& x, const Tensor& branch, const RowNorm& norm) {
    return takes(branch, norm) && row_type(x) == 0 && x.sizes() == branch.sizes();
  }

  /// A bias alone comes with a gain of one.
  static Tensor gain_of(const Tensor& gain, bool needed, int64_t width) {
    return gain.defined() || !needed ? gain : at::ones({width}, at::kFloat);
  }

  struct Result {
    Tensor out, mean, inverse;
  };

  /// branch: see with_rows(); x, where there is one, and sum are dense; sum may be undefined, or x.
  static Result run(const Tensor& x, const Tensor& branch, double alpha, const RowNorm& norm, const Tensor& sum,
                    at::ScalarType type, bool keep) {
    const Timed part("norm");
    const Rows rows(branch);
    const int64_t width = rows.width();
    Result result{.out = at::empty(branch.sizes(), branch.options().dtype(type))};
    if (keep) {
      result.mean = at::empty({rows.count()}, at::kFloat);
      result.inverse = at::empty({rows.count()}, at::kFloat);
    }
    const Tensor gain = gain_of(norm.gain, norm.bias.defined(), width);
    const auto loop = loops().forward[row_type(branch)][row_type(result.out)];
    for_pieces(rows.count(), width, [&](int64_t, int64_t begin, int64_t end) {
      std::vector<float> scratch(static_cast<size_t>(width));
      rows.each(begin, end, [&](const RowRun& run) {
        const int64_t first = run.first * width;
        loop({.rows = run.count,
              .width = width,
              .centred = norm.centred,
              .eps = static_cast<float>(norm.eps),
              .alpha = static_cast<float>(alpha),
              .x = x.defined() ? floats(x) + first : nullptr,
              .branch = bytes(branch, run.offset),
              .step = run.step,
              .gain = floats(gain),
              .bias = floats(norm.bias),
              .sum = sum.defined() ? writable(sum) + first : nullptr,
              .out = bytes(result.out, first),
              .mean = keep ? writable(result.mean) + run.first : nullptr,
              .inverse = keep ? writable(result.inverse) + run.first : nullptr,
              .scratch = scratch.data()});
      });
    });
    return result;
  }
};

/// What backward needs besides the gradients, and what it makes of them.
struct NormSlopes {
  Tensor s, mean, inverse, gain;
  double alpha = 1;
  bool centred = true;
  at::ScalarType branch_type = at::kFloat;
  bool want_x = false, want_branch = false, want_gain = false, want_bias = false;
  Tensor x, branch, d_gain, d_bias;

  void run(const Tensor& d_out, const Tensor& d_sum) {
    const Timed part("norm");
    const Rows rows(s);
    const int64_t width = rows.width(), pieces = row_pieces(rows.count());
    const Tensor factors = NormKernel::gain_of(gain, true, width);
    // Where branch and x have the same gradient, it is written once.
    const bool same = want_x && alpha == 1 && branch_type == at::kFloat;
    const auto plain = [&](at::ScalarType type) { return at::empty(s.sizes(), at::TensorOptions().dtype(type)); };
    if (want_x && !same) x = plain(at::kFloat);
    if (want_branch || same) branch = plain(branch_type);
    const Tensor gains = at::zeros({pieces, width}, at::kFloat);
    const Tensor biases = want_bias ? at::zeros({pieces, width}, at::kFloat) : Tensor();
    const auto loop = NormKernel::loops().backward[row_type(s)][row_type(d_out)][branch_type == at::kBFloat16 ? 1 : 0];
    for_pieces(rows.count(), width, [&](int64_t piece, int64_t begin, int64_t end) {
      std::vector<float> scratch(static_cast<size_t>(width));
      rows.each(begin, end, [&](const RowRun& run) {
        const int64_t first = run.first * width;
        loop({.rows = run.count,
              .width = width,
              .centred = centred,
              .alpha = static_cast<float>(alpha),
              .s = NormKernel::bytes(s, run.offset),
              .step = run.step,
              .mean = NormKernel::floats(mean) + run.first,
              .inverse = NormKernel::floats(inverse) + run.first,
              .gain = NormKernel::floats(factors),
              .d_out = NormKernel::bytes(d_out, first),
              .d_sum = d_sum.defined() ? NormKernel::floats(d_sum) + first : nullptr,
              .d_x = x.defined() ? NormKernel::writable(x) + first : nullptr,
              .d_branch = NormKernel::bytes(branch, first),
              .d_gain = NormKernel::writable(gains) + piece * width,
              .d_bias = want_bias ? NormKernel::writable(biases) + piece * width : nullptr,
              .scratch = scratch.data()});
      });
    });
    if (same) x = branch;
    if (want_gain) d_gain = gains.sum(0);
    if (want_bias) d_bias = biases.sum(0);
  }
};

/// x, where there is one, joins branch first; gives {sum, norm} then, else {norm}.
struct NormFunction : torch::autograd::Function<NormFunction> {
  static torch::autograd::tensor_list forward(torch::autograd::AutogradContext* context, const MaybeTensor& x,
                                              const Tensor& branch_any, const MaybeTensor& gain,
                                              const MaybeTensor& bias, double alpha, bool centred, double eps,
                                              at::ScalarType type) {
    const bool joined = x.has_value();
    const Tensor branch = joined ? branch_any.contiguous() : with_rows(branch_any);
    const Tensor sum = joined ? at::empty(branch.sizes(), at::kFloat) : Tensor();
    const RowNorm norm{centred, gain.value_or(Tensor()), bias.value_or(Tensor()), eps};
    const auto result = NormKernel::run(joined ? x->contiguous() : Tensor(), branch, alpha, norm, sum, type, true);
    context->save_for_backward({joined ? sum : branch, result.mean, result.inverse, norm.gain});
    context->saved_data["alpha"] = alpha;
    context->saved_data["centred"] = centred;
    context->saved_data["joined"] = joined;
    context->saved_data["biased"] = bias.has_value();
    context->saved_data["type"] = static_cast<int64_t>(branch.scalar_type());
    context->set_materialize_grads(false);
    return joined ? torch::autograd::tensor_list{sum, result.out} : torch::autograd::tensor_list{result.out};
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const bool joined = context->saved_data["joined"].toBool();
    size_t input = 0;  // among those that are there
    const auto wanted = [&](bool there) { return there && context->needs_input_grad(input++); };
    NormSlopes slopes{.s = saved[0],
                      .mean = saved[1],
                      .inverse = saved[2],
                      .gain = saved[3],
                      .alpha = context->saved_data["alpha"].toDouble(),
                      .centred = context->saved_data["centred"].toBool(),
                      .branch_type = static_cast<at::ScalarType>(context->saved_data["type"].toInt()),
                      .want_x = wanted(joined),
                      .want_branch = wanted(true),
                      .want_gain = wanted(saved[3].defined()),
                      .want_bias = wanted(context->saved_data["biased"].toBool())};
    const Tensor d_sum = joined ? gradients[0] : Tensor(), d_out = gradients.back();
    if (d_out.defined()) {
      slopes.run(d_out.contiguous(), d_sum.defined() ? d_sum.contiguous() : d_sum);
    } else if (d_sum.defined()) {  // only the sum was used
      slopes.x = slopes.alpha == 1 ? d_sum : d_sum * slopes.alpha;
      slopes.branch = d_sum.to(slopes.branch_type);
    }
    return {slopes.x, slopes.branch, slopes.d_gain, slopes.d_bias, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor norm_rows(const Tensor& x, const RowNorm& norm, at::ScalarType type) {
  if (!NormKernel::takes(x, norm)) return norm_rows_reference(x, norm, type);
  if (!at::GradMode::is_enabled()) return NormKernel::run(Tensor(), with_rows(x), 1, norm, Tensor(), type, false).out;
  return NormFunction::apply(MaybeTensor(), x, NormKernel::maybe(norm.gain), NormKernel::maybe(norm.bias), 1.0,
                             norm.centred, norm.eps, type)[0];
}

JoinedNorm join_and_norm(Tensor x, const Tensor& branch, double alpha, const RowNorm& norm, at::ScalarType type) {
  if (!NormKernel::joins(x, branch, norm)) return join_and_norm_reference(x, branch, alpha, norm, type);
  if (!at::GradMode::is_enabled()) {
    const Tensor sum = may_overwrite(x) ? x : at::empty(x.sizes(), at::kFloat);
    return {sum, NormKernel::run(x.contiguous(), branch.contiguous(), alpha, norm, sum, type, false).out};
  }
  const auto both = NormFunction::apply(MaybeTensor(x), branch, NormKernel::maybe(norm.gain),
                                        NormKernel::maybe(norm.bias), alpha, norm.centred, norm.eps, type);
  return {both[0], both[1]};
}

Tensor norm_rows_reference(const Tensor& x, const RowNorm& norm, at::ScalarType type) {
  const bool half = x.scalar_type() == at::kBFloat16;  // computed in float32
  const Tensor wide = half ? x.to(at::kFloat) : x;
  const Tensor s = norm.centred ? wide - wide.mean(-1, true) : wide;
  Tensor normal = s * ((s * s).mean(-1, true) + norm.eps).rsqrt();
  if (norm.gain.defined()) normal = normal * norm.gain;
  if (norm.bias.defined()) normal = normal + norm.bias;
  const bool ours = half || x.scalar_type() == at::kFloat;
  return ours ? normal.to(type) : normal;
}

JoinedNorm join_and_norm_reference(const Tensor& x, const Tensor& branch, double alpha, const RowNorm& norm,
                                   at::ScalarType type) {
  const Tensor sum = (alpha == 1 ? x : x * alpha) + branch.to(x.scalar_type());
  return {sum, norm_rows_reference(sum, norm, type)};
}

}  // namespace lx
