// What is told of a head's attention weights: how spread they are, where they go, how much the matrix can tell apart.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>

namespace lx {

/// Of some rows of weights, the last queries of a text. Each is [H], a mean over the rows; float64.
struct RowMeasures {
  Tensor entropy;        // nats, of the weights over their sum: a sink's part is left out
  Tensor entropy_share;  // entropy over ln(visible keys), over the rows that see more than one key
  Tensor sparsity;       // l1 / (sqrt(n) l2) of the n visible keys, in [1/sqrt(n), 1]: 1 is uniform (Su, kexue.fm 9595)
  Tensor sink;           // weight on the first 4 keys (attention sinks: Xiao 2023, arXiv 2309.17453)
  Tensor unspent;        // 1 - sum of the weights: what a sink without a value takes
  Tensor distance;       // |i - j| in tokens, weighted, of the weights over their sum
};

/// `weights` [H,R,K], zero where hidden; `visible` [R], how many keys each query sees; `first_query`: index of the
/// first row among the keys. Rows without any weight are left out.
RowMeasures measure_rows(const Tensor& weights, const Tensor& visible, int64_t first_query);

/// Of matrices [H,R,K]. Each is [H], float64.
struct MatrixMeasures {
  Tensor effective_rank;  // exp of the entropy of the singular values over their sum (Roy and Vetterli 2007)
  Tensor numerical_rank;  // singular values above the largest times max(R, K) times float32's epsilon
  Tensor log_det;         // ln |det|, -inf when singular; NaN unless square
};

/// Whether attention has full rank: a causal matrix has the product of its diagonal for a determinant, a bidirectional
/// one may have any rank (Su, kexue.fm 9529). A triangular determinant is taken from the diagonal, any other from LU.
MatrixMeasures measure_matrices(const Tensor& weights);

}  // namespace lx
