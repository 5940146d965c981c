#include "model/stretches.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lx {
namespace {

constexpr int64_t kStretchRows = 4096;

}  // namespace

bool by_stretches(const Tensor& x) {
  return !at::GradMode::is_enabled() && x.numel() >= 2 * kStretchRows * x.size(-1) && x.size(-1) > 0;
}

Tensor in_stretches(int64_t rows, const std::function<Tensor(int64_t from, int64_t count)>& part) {
  Tensor all;
  for (int64_t from = 0; from < rows; from += kStretchRows) {
    const int64_t count = std::min(kStretchRows, rows - from);
    const Tensor some = part(from, count);
    if (!all.defined()) all = at::empty({rows, some.size(-1)}, some.options());
    all.narrow(0, from, count).copy_(some);
  }
  return all;
}

Tensor shape_of(const Tensor& x) {
  const std::vector<int64_t> ones(static_cast<size_t>(x.dim()), 1);
  return at::full(ones, NAN, x.options()).expand(x.sizes());
}

}  // namespace lx
