// The residual stream on its way through the blocks.
#pragma once

#include "tensor/tensor.h"

#include <utility>

namespace lx {

/// What a part gives waits beside the stream until the next norm reads their sum: one pass then makes both
/// (Norm::read). Whoever needs the stream itself before asks for the sum.
struct Stream {
  Tensor x;        // [B,T,C]
  Tensor pending;  // [B,T,C], joins x; undefined: nothing waits

  explicit Stream(Tensor start) : x(std::move(start)) {}
  Tensor sum() const;
};

}  // namespace lx
