// Products through oneDNN, for ops/ only: primitives are made once for each shape and kept.
#pragma once

#include "tensor/tensor.h"

#include <oneapi/dnnl/dnnl.hpp>
#include <optional>

namespace lx::onednn {

/// What one product multiplies, as oneDNN wants it told: a [...,M,K] x b [...,K,N] (+ bias [N]) -> c [...,M,N].
struct Shapes {
  dnnl::memory::desc a, b, c;
  std::optional<dnnl::memory::desc> bias;
};

/// `b` may be of layout `any`: layout() then says which one the primitive chose.
class Matmul {
 public:
  Matmul() = default;
  explicit Matmul(const Shapes& shapes);
  const dnnl::memory::desc& layout() const { return shapes_.b; }
  /// `bias` nullptr where the shapes have none.
  void run(const void* a, const void* b, const void* bias, void* c) const;

 private:
  Shapes shapes_;
  dnnl::matmul primitive_;
};

const dnnl::engine& engine();
dnnl::stream& stream();                                // of this thread
dnnl::memory::data_type type_of(at::ScalarType type);  // kFloat and kBFloat16
/// Rows behind each other: [rows, columns].
dnnl::memory::desc dense(int64_t rows, int64_t columns, at::ScalarType type);

/// a [...,M,K] x b [...,K,N], both float32 or both bfloat16 on the CPU, of equal leading sizes and any strides ->
/// [...,M,N] of type `gives`, dense.
Tensor multiply(const Tensor& a, const Tensor& b, at::ScalarType gives);

/// The same where b [K,N] is packed; rows [M,K] bfloat16; bias [N] float32, dense, or undefined -> [M,N].
Tensor multiply_packed(const Tensor& rows, const dnnl::memory& packed, const Tensor& bias, at::ScalarType gives);

}  // namespace lx::onednn
