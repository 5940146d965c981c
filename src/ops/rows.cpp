#include "ops/rows.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

namespace lx {

int row_type(const Tensor& x) {
  if (!x.device().is_cpu() || x.dim() == 0 || x.numel() == 0) return -1;
  return x.scalar_type() == at::kFloat ? 0 : x.scalar_type() == at::kBFloat16 ? 1 : -1;
}

bool may_overwrite(const Tensor& x) {
  return !at::GradMode::is_enabled() && x.is_contiguous() && x.use_count() == 1 && x.storage().use_count() == 1;
}

Tensor with_rows(const Tensor& x) {
  const bool dense = x.is_contiguous() || (x.dim() <= 4 && x.stride(-1) == 1);
  return dense ? x : x.contiguous();
}

Rows::Rows(const Tensor& x) : width_(x.size(-1)) {
  count_ = x.numel() / width_;
  if (x.is_contiguous()) {
    run_ = count_;
    strides_[2] = width_;
    return;
  }
  int64_t sizes[3] = {1, 1, 1};
  for (int64_t d = x.dim() - 2, slot = 2; d >= 0; --d, --slot) {
    sizes[slot] = x.size(d);
    strides_[slot] = x.stride(d);
  }
  run_ = sizes[2];
  middle_ = sizes[1];
}

void Rows::each(int64_t begin, int64_t end, const std::function<void(const RowRun&)>& see) const {
  for (int64_t row = begin; row < end;) {
    const int64_t outer = row / run_, inside = row % run_;
    const int64_t count = std::min(end - row, run_ - inside);
    const int64_t offset = outer / middle_ * strides_[0] + outer % middle_ * strides_[1] + inside * strides_[2];
    see({row, count, offset, strides_[2]});
    row += count;
  }
}

void for_pieces(int64_t rows, int64_t width,
                const std::function<void(int64_t piece, int64_t begin, int64_t end)>& work) {
  const int64_t grain = std::max<int64_t>(1, 16384 / (kRowPiece * width));
  at::parallel_for(0, row_pieces(rows), grain, [&](int64_t from, int64_t to) {
    for (int64_t piece = from; piece < to; ++piece)
      work(piece, piece * kRowPiece, std::min(rows, (piece + 1) * kRowPiece));
  });
}

}  // namespace lx
