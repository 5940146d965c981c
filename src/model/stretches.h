// Long texts without gradients: what lies between two products is made for some rows at a time and never whole.
#pragma once

#include "tensor/tensor.h"

#include <functional>

namespace lx {

/// Gradients are off and x [...,C] has rows enough for stretches to save memory and cost no time.
bool by_stretches(const Tensor& x);

/// part(from, count) [count,C] of all rows, one after another -> [rows,C].
Tensor in_stretches(int64_t rows, const std::function<Tensor(int64_t from, int64_t count)>& part);

/// x's shape and type with memory for a single number, which is NaN: for those who ask about no more than a shape.
Tensor shape_of(const Tensor& x);

}  // namespace lx
