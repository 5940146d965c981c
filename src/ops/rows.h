// The rows of tensors, for loops over them: in which type they are, where each begins, how threads share them.
#pragma once

#include "tensor/tensor.h"

#include <functional>

namespace lx {

/// Which of a loop's versions a tensor asks for: 0 float32, 1 bfloat16; -1: not ours (another device or type).
int row_type(const Tensor& x);
inline bool has_rows(const Tensor& x) { return row_type(x) >= 0; }

/// With grad off, and its memory nobody else's: an operation may write its result there.
bool may_overwrite(const Tensor& x);

/// x itself where its last dimension lies densely and it has at most four, else a dense copy.
Tensor with_rows(const Tensor& x);

/// Rows [first, first + count), which begin at element `offset` and lie `step` elements apart.
struct RowRun {
  int64_t first = 0, count = 0, offset = 0, step = 0;
};

/// The rows of with_rows(x), in order.
class Rows {
 public:
  explicit Rows(const Tensor& x);
  int64_t count() const { return count_; }
  int64_t width() const { return width_; }
  /// Calls `see` with the runs that make up rows [begin, end).
  void each(int64_t begin, int64_t end, const std::function<void(const RowRun&)>& see) const;

 private:
  int64_t count_ = 1, width_ = 0, run_ = 1;  // run_: rows a constant step apart
  int64_t middle_ = 1;                       // runs in one of the outermost dimension
  int64_t strides_[3] = {0, 0, 0};
};

/// Rows are shared out in pieces of this many: sums over rows are taken piece by piece, whatever the threads.
constexpr int64_t kRowPiece = 128;
inline int64_t row_pieces(int64_t rows) { return (rows + kRowPiece - 1) / kRowPiece; }

/// Calls `work` with the numbers of pieces and their rows [begin, end), from several threads; `width`: elements a row.
void for_pieces(int64_t rows, int64_t width,
                const std::function<void(int64_t piece, int64_t begin, int64_t end)>& work);

}  // namespace lx
