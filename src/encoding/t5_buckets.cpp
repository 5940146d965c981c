#include "encoding/t5_buckets.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lx {

int64_t T5Buckets::of(int64_t distance) const {
  const int64_t n = bidirectional ? std::abs(distance) : std::max<int64_t>(distance, 0);
  const int64_t first = bidirectional && distance < 0 ? side() : 0;
  if (n < exact()) return first + n;
  // Where n is a power of the ratio the quotient is whole, and rounding must not drop it to the bucket below: the
  // paper's code computes in float32, which happens to round up there.
  const double steps = std::log(static_cast<double>(n) / static_cast<double>(exact())) /
                       std::log(static_cast<double>(max_distance) / static_cast<double>(exact())) *
                       static_cast<double>(side() - exact());
  return first + std::min(side() - 1, exact() + static_cast<int64_t>(std::floor(steps + 1e-9)));
}

}  // namespace lx
