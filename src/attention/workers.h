// Threads over items that differ in size: each takes the next one when it is done. One thread starts no team.
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>

namespace lx {

/// make() gives a thread what it works with; work(own, item) may run in any order, each item once.
template <class Make, class Work>
void each_item(int64_t items, Make make, Work work) {
  const int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
  if (threads <= 1 || items <= 1) {
    auto own = make();
    for (int64_t item = 0; item < items; ++item) work(own, item);
    return;
  }
#pragma omp parallel num_threads(static_cast <int>(threads < items ? threads : items))
  {
    auto own = make();
#pragma omp for schedule(dynamic)
    for (int64_t item = 0; item < items; ++item) work(own, item);
  }
}

}  // namespace lx
