// Many comparisons in one table: p-values that hold for all of them together.
#pragma once

#include <span>
#include <vector>

namespace lx {

/// Holm's step-down adjustment (Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian
/// Journal of Statistics 6:65): rejecting what is at most alpha keeps the chance of any false rejection at alpha,
/// however the tests depend on each other. NaN stays NaN and does not count as a test. Throws Error for a p outside
/// [0, 1].
std::vector<double> holm(std::span<const double> p);

}  // namespace lx
