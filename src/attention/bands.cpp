#include "attention/bands.h"

#include "base/error.h"

#include <algorithm>
#include <utility>

namespace lx {

void insert_band(Bands& bands, Band band) {
  const auto at = std::lower_bound(bands.begin(), bands.end(), band.from,
                                   [](const Band& b, int64_t from) { return b.from < from; });
  require(at == bands.end() || at->from != band.from, "two modifiers both move tokens from distance {} on", band.from);
  bands.insert(at, std::move(band));
}

const Band& home_band(const Bands& bands) {
  const auto after = std::upper_bound(bands.begin(), bands.end(), int64_t{0},
                                      [](int64_t distance, const Band& b) { return distance < b.from; });
  return *std::prev(after);
}

}  // namespace lx
