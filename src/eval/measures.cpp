#include "eval/measures.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace lx {
namespace {

constexpr int64_t kSinkKeys = 4;

// Means over the last dimension, [H,R] -> [H], of the rows where `counts` [H,R].
Tensor mean_where(const Tensor& values, const Tensor& counts) {
  return values.masked_fill(counts.logical_not(), 0).sum(-1) / counts.sum(-1).to(at::kDouble);
}

// - sum p ln p over the last dimension; 0 ln 0 = 0.
Tensor entropy_of(const Tensor& shares) { return -at::xlogy(shares, shares).sum(-1); }

}  // namespace

RowMeasures measure_rows(const Tensor& weights, const Tensor& visible, int64_t first_query) {
  const Tensor p = weights.to(at::kDouble), seen = visible.to(at::kDouble).unsqueeze(0).expand({p.size(0), p.size(1)});
  const Tensor sum = p.sum(-1), counts = sum > 0;  // [H,R]
  const Tensor shares = p / sum.unsqueeze(-1);
  const auto reals = p.options();
  const Tensor query = at::arange(first_query, first_query + p.size(1), reals).unsqueeze(1);
  const Tensor apart = (query - at::arange(p.size(2), reals)).abs();  // [R,K]
  const Tensor entropy = entropy_of(shares);
  RowMeasures out;
  out.entropy = mean_where(entropy, counts);
  out.entropy_share = mean_where(entropy / seen.log(), counts.logical_and(seen > 1));
  out.sparsity = mean_where(sum / (seen.sqrt() * p.square().sum(-1).sqrt()), counts);
  out.sink = mean_where(p.narrow(-1, 0, std::min(kSinkKeys, p.size(2))).sum(-1), counts);
  out.unspent = mean_where(1 - sum, counts);
  out.distance = mean_where((shares * apart).sum(-1), counts);
  return out;
}

MatrixMeasures measure_matrices(const Tensor& weights) {
  const Tensor matrix = weights.to(at::kDouble);
  const Tensor values = at::linalg_svdvals(matrix);  // [H, min(R,K)], falling
  const Tensor sum = values.sum(-1, true);
  const double epsilon = std::numeric_limits<float>::epsilon();
  const auto size = static_cast<double>(std::max(matrix.size(1), matrix.size(2)));
  MatrixMeasures out;
  out.effective_rank = entropy_of(values / sum.clamp_min(std::numeric_limits<double>::min())).exp();
  out.numerical_rank = (values > values.narrow(-1, 0, 1) * size * epsilon).sum(-1).to(at::kDouble);
  if (matrix.size(1) != matrix.size(2)) {
    out.log_det = at::full({matrix.size(0)}, std::numeric_limits<double>::quiet_NaN(), matrix.options());
    return out;
  }
  const bool triangular = at::triu(matrix, 1).eq(0).all().item<bool>() || at::tril(matrix, -1).eq(0).all().item<bool>();
  out.log_det = triangular ? matrix.diagonal(0, -2, -1).log().sum(-1) : std::get<1>(at::slogdet(matrix));
  return out;
}

}  // namespace lx
