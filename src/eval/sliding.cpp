#include "eval/sliding.h"

#include "base/error.h"

#include <algorithm>

namespace lx {

std::vector<SlidingPiece> sliding_pieces(int64_t targets, int64_t length, int64_t stride) {
  require(stride > 0 && stride <= length && length <= targets,
          "pieces of {} tokens cannot slide by {} over {} targets: some would be left out", length, stride, targets);
  std::vector<SlidingPiece> pieces{{0, 0}};
  for (int64_t judged = length; judged < targets;) {
    const int64_t fresh = std::min(stride, targets - judged);
    judged += fresh;
    pieces.push_back({judged - length, length - fresh});
  }
  return pieces;
}

std::vector<SlidingPiece> pieces_of_window(int64_t targets, int64_t length, int64_t stride) {
  return sliding_pieces(targets, length, stride > 0 ? stride : length);
}

}  // namespace lx
