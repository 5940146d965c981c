#include "data/split.h"

#include "base/hash.h"

namespace lx {

Split split_of(std::string_view key, double valid_fraction, double test_fraction) {
  constexpr uint64_t kSeed = 0x6c78;  // changing it would move every document of every corpus
  const double place = static_cast<double>(hash64(key, kSeed) >> 11) * 0x1p-53;  // uniform in [0, 1)
  if (place < test_fraction) return Split::test;
  return place < test_fraction + valid_fraction ? Split::valid : Split::train;
}

}  // namespace lx
