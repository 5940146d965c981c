// Measures of attention on matrices whose answers are known.
#include "catch.h"
#include "eval/measures.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

double of_first(const Tensor& values) { return values[0].item<double>(); }

Tensor counting_rows(int64_t rows) { return at::arange(1, rows + 1, at::kDouble); }

// Each query looks at itself and all before it alike.
Tensor uniform_causal(int64_t size) {
  return at::tril(at::ones({1, size, size}, at::kDouble)) / counting_rows(size).unsqueeze(1);
}

}  // namespace

TEST_CASE("uniform attention has an entropy of ln n, a sparsity of 1 and a rank of 1") {
  const Tensor weights = at::full({2, 10, 10}, 0.1);
  const RowMeasures rows = measure_rows(weights, at::full({10}, 10.0), 0);
  CHECK(of_first(rows.entropy) == Approx(std::log(10)));
  CHECK(of_first(rows.entropy_share) == Approx(1));
  CHECK(of_first(rows.sparsity) == Approx(1));
  CHECK(of_first(rows.sink) == Approx(0.4));
  CHECK(of_first(rows.unspent) == Approx(0).margin(1e-6));
  CHECK(of_first(rows.distance) == Approx(3.3));  // (n^2 - 1) / (3 n)
  CHECK(rows.entropy.size(0) == 2);
  const MatrixMeasures matrix = measure_matrices(weights);
  CHECK(of_first(matrix.effective_rank) == Approx(1).epsilon(1e-3));
  CHECK(of_first(matrix.numerical_rank) == 1);
  CHECK(of_first(matrix.log_det) < -100);
}

TEST_CASE("attention to oneself has no entropy, a full rank and a determinant of 1") {
  const Tensor weights = at::eye(12, at::kDouble).unsqueeze(0);
  const RowMeasures rows = measure_rows(weights, counting_rows(12), 0);
  CHECK(of_first(rows.entropy) == 0);
  CHECK(of_first(rows.entropy_share) == 0);
  CHECK(of_first(rows.distance) == 0);
  CHECK(of_first(rows.sparsity) == Approx(counting_rows(12).rsqrt().mean().item<double>()));
  const MatrixMeasures matrix = measure_matrices(weights);
  CHECK(of_first(matrix.effective_rank) == Approx(12));
  CHECK(of_first(matrix.numerical_rank) == 12);
  CHECK(of_first(matrix.log_det) == 0);
}

TEST_CASE("a causal matrix has full rank and the product of its diagonal for a determinant, as elimination finds") {
  const Tensor weights = uniform_causal(9);
  const MatrixMeasures matrix = measure_matrices(weights);
  CHECK(of_first(matrix.numerical_rank) == 9);
  CHECK(of_first(matrix.log_det) == Approx(-std::lgamma(10.0)));
  CHECK(of_first(matrix.log_det) == Approx(std::log(weights[0].det().item<double>())));
  // Upside down (attention to the future only) it is triangular, too.
  CHECK(of_first(measure_matrices(weights.flip({1, 2})).log_det) == Approx(-std::lgamma(10.0)));
}

TEST_CASE("a bidirectional matrix takes its determinant from elimination") {
  const Tensor weights = at::tensor({0.5, 0.5, 0.25, 0.75}, at::kDouble).view({1, 2, 2});
  CHECK(of_first(measure_matrices(weights).log_det) == Approx(std::log(0.25)));
  // A query that stands alone ahead of the triangle must not hide behind the diagonal.
  const Tensor rows = at::tensor({0.5, 0.5, 0.0, 0.2, 0.3, 0.5, 0.1, 0.2, 0.7}, at::kDouble).view({1, 3, 3});
  CHECK(of_first(measure_matrices(rows).log_det) == Approx(std::log(std::abs(rows[0].det().item<double>()))));
}

TEST_CASE("what a sink takes is unspent and leaves the spread of the rest as it is") {
  const Tensor weights = at::full({1, 3, 8}, 0.0625);
  const RowMeasures rows = measure_rows(weights, at::full({3}, 8.0), 5);
  CHECK(of_first(rows.unspent) == Approx(0.5));
  CHECK(of_first(rows.entropy) == Approx(std::log(8)));
  CHECK(of_first(rows.sparsity) == Approx(1));
  CHECK(of_first(rows.sink) == Approx(0.25));
  CHECK(of_first(rows.distance) == Approx((18 + 22 + 28) / 24.0));
  CHECK(std::isnan(of_first(measure_matrices(weights).log_det)));
}

TEST_CASE("rows that see nothing, and shares of rows that see one key, are left out") {
  Tensor weights = at::zeros({1, 3, 4}, at::kDouble);
  weights[0][1][0] = 1;
  weights[0][2].fill_(0.25);
  const RowMeasures rows = measure_rows(weights, at::tensor({0.0, 1.0, 4.0}), 1);
  CHECK(of_first(rows.entropy) == Approx(std::log(4) / 2));
  CHECK(of_first(rows.entropy_share) == Approx(1));
  CHECK(of_first(rows.unspent) == 0);
  CHECK(std::isnan(of_first(measure_rows(at::zeros({1, 2, 3}), at::zeros({2}), 0).entropy)));
}

}  // namespace lx
