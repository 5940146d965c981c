// The roof: how fast this machine's oneDNN multiplies large matrices, which is what achieved rates are held against.
#pragma once

#include "ops/precision.h"

namespace lx {

/// Operations a second (2 m n k a product) with the threads that LibTorch uses now: the best call within about
/// `seconds` over a few large shapes, weights packed beforehand, float32 sums. 0 where oneDNN has no such product.
double product_roof(Precision precision, double seconds);

}  // namespace lx
