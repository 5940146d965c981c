#include "attention/bands.h"

#include "base/error.h"

#include <algorithm>
#include <utility>

namespace lx {

void Bands::insert(Band band) {
  const auto at =
      std::lower_bound(list.begin(), list.end(), band.from, [](const Band& b, int64_t from) { return b.from < from; });
  require(at == list.end() || at->from != band.from, "two modifiers both move tokens from distance {} on", band.from);
  list.insert(at, std::move(band));
}

Band& Bands::home() {
  const auto after = std::upper_bound(list.begin(), list.end(), int64_t{0},
                                      [](int64_t distance, const Band& b) { return distance < b.from; });
  return *std::prev(after);
}

const Band& Bands::home() const { return const_cast<Bands*>(this)->home(); }

}  // namespace lx
