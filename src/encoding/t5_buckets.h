// T5's buckets of distance: one a distance at first, then ever wider (Raffel et al. 2019, arXiv 1910.10683).
#pragma once

#include <cstdint>

namespace lx {

struct T5Buckets {
  int64_t buckets = 32;
  int64_t max_distance = 128;  // from here on all distances share the last bucket
  bool bidirectional = false;  // the second half of the buckets is for keys behind the query's place

  /// Buckets for one side, and how many of them hold a single distance.
  int64_t side() const { return bidirectional ? buckets / 2 : buckets; }
  int64_t exact() const { return side() / 2; }

  /// Bucket of distance d = i - j. One-directional: keys ahead share the bucket of distance 0.
  int64_t of(int64_t distance) const;
};

}  // namespace lx
