#include "eval/sliding.h"

#include "base/error.h"

#include <ATen/ATen.h>

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

Examples cut_sliding(const Text& text, int64_t length, int64_t stride) {
  const int64_t rows = text.tokens.size(0), scored = text.tokens.size(1) - 1;
  const Tensor all = at::arange(rows * scored, at::kLong).view({rows, scored});
  std::vector<Tensor> inputs, targets, places;
  for (const auto& [begin, skip] : sliding_pieces(scored, length, stride)) {
    inputs.push_back(text.tokens.narrow(1, begin, length));
    targets.push_back(text.tokens.narrow(1, begin + 1, length).clone());
    places.push_back(all.narrow(1, begin, length).clone());
    targets.back().narrow(1, 0, skip).fill_(kIgnore);
    places.back().narrow(1, 0, skip).fill_(-1);
  }
  const auto joined = [&](const std::vector<Tensor>& pieces) { return at::stack(pieces, 1).reshape({-1, length}); };
  Examples out;
  out.batch.tokens = joined(inputs);
  out.batch.targets = joined(targets);
  out.place = joined(places);
  return out;
}

std::vector<SlidingPiece> pieces_of_window(int64_t targets, int64_t length, int64_t stride) {
  return sliding_pieces(targets, length, stride > 0 ? stride : length);
}

}  // namespace lx
