// The reference executor: plain ATen over blocks of rows. The oracle of every faster one, and their fallback.
#include "attention/score_modifier.h"
#include "attention/score_plan.h"
#include "ops/product.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lx {
namespace {

constexpr int64_t kRowBlock = 256;

class ReferenceBlock {
 public:
  ReferenceBlock(const ScorePlan& plan, int64_t first_row, int64_t rows)
      : plan_(plan), first_row_(first_row), rows_(rows), first_query_(plan.offset + first_row) {}

  /// Weights [B,H,rows,keys of the span list], softmaxed over all spans together.
  Tensor weights(const std::vector<std::pair<int64_t, int64_t>>& spans) const {
    std::vector<Tensor> parts;
    for (const auto& [low, high] : spans) parts.push_back(masked_logits(low, high));
    Tensor logits = parts.size() == 1 ? parts.front() : at::cat(parts, -1);
    const int64_t keys = logits.size(-1);
    if (plan_.sink.defined()) {
      logits = at::cat({logits, plan_.sink.view({1, -1, 1, 1}).expand({logits.size(0), logits.size(1), rows_, 1})}, -1);
    }
    Tensor weights = at::softmax(logits, -1);
    if (plan_.sink.defined()) return weights.narrow(-1, 0, keys);
    // A row that sees nothing is all -inf: softmax gives NaN there, and it must give zero.
    if (plan_.visible.may_be_blind()) weights = weights.masked_fill(at::isneginf(logits.detach()).all(-1, true), 0);
    return weights;
  }

 private:
  Tensor masked_logits(int64_t low, int64_t high) const {
    Tensor logits = compared(low, high);
    if (plan_.bias.defined()) {
      const auto options = plan_.bias.options().dtype(at::kLong).requires_grad(false);
      const Tensor index = (distances(low, high, options) + plan_.origin).clamp(0, plan_.bias.size(1) - 1);
      logits = logits + plan_.bias.index_select(1, index.view({-1})).view({-1, rows_, high - low});
    }
    if (plan_.decay_q.defined()) {
      const Tensor q = plan_.decay_q.narrow(-1, first_row_, rows_).unsqueeze(-1);
      const Tensor k = plan_.decay_k.narrow(-1, low, high - low).unsqueeze(-2);
      logits = logits - (q - k).abs();
    }
    const bool all = plan_.visible.all_visible(first_query_, rows_, low, high);
    if (all && plan_.rewriters.empty()) return logits;
    const Tensor visible = plan_.visible.mask(first_query_, rows_, low, high).to(logits.device());
    for (const ScoreModifier* rewriter : plan_.rewriters) {
      logits = rewriter->rewrite(logits, {first_query_, rows_, low, high - low, visible, plan_.scene});
    }
    return logits.masked_fill(visible.logical_not(), -INFINITY);
  }

  Tensor distances(int64_t low, int64_t high, const at::TensorOptions& options) const {
    return at::arange(first_query_, first_query_ + rows_, options).unsqueeze(1) - at::arange(low, high, options);
  }

  /// <q,k> of one view: [B,H,rows,high-low].
  Tensor products(const View& view, int64_t low, int64_t high) const {
    const Tensor q = view.q.narrow(2, first_row_, rows_);
    Tensor k = view.k.narrow(2, low, high - low);
    if (k.size(1) != q.size(1)) k = k.repeat_interleave(q.size(1) / k.size(1), 1);
    return product(q, k.transpose(-1, -2));
  }

  /// Each view is multiplied only with the keys it can meet; where two views meet in one block of rows, distance
  /// decides.
  Tensor compared(int64_t low, int64_t high) const {
    const auto& views = plan_.views;
    const int64_t last_query = first_query_ + rows_ - 1;
    Tensor logits;  // of keys [covered, high), by the views seen so far (nearer to kFromEverywhere)
    int64_t covered_low = 0, covered_high = 0;
    for (size_t v = views.size(); v-- > 0;) {  // far views hold the low keys: walk from far to near, left to right
      const int64_t next = v + 1 < views.size() ? views[v + 1].from : kBeyond;
      // Keys j with from <= i - j < next for some row i.
      const int64_t from_key = next == kBeyond ? low : std::clamp(first_query_ - next + 1, low, high);
      const int64_t to_key =
          views[v].from <= kFromEverywhereKey ? high : std::clamp(last_query - views[v].from + 1, low, high);
      if (from_key >= to_key) continue;
      Tensor part = products(views[v], from_key, to_key);
      if (!logits.defined()) {
        logits = part;
        covered_low = from_key;
        covered_high = to_key;
        continue;
      }
      // Keys in [from_key, covered_high) belong to the farther view for some rows and to this one for others.
      const int64_t shared = covered_high - from_key;
      std::vector<Tensor> pieces;
      if (from_key > covered_low) pieces.push_back(logits.narrow(-1, 0, from_key - covered_low));
      if (shared > 0) {
        const auto options = at::TensorOptions().dtype(at::kLong).device(part.device());
        const Tensor far = distances(from_key, covered_high, options) >= next;
        pieces.push_back(at::where(far, logits.narrow(-1, from_key - covered_low, shared), part.narrow(-1, 0, shared)));
      }
      if (to_key > covered_high) pieces.push_back(part.narrow(-1, shared, to_key - covered_high));
      logits = at::cat(pieces, -1);
      covered_high = std::max(covered_high, to_key);
    }
    return logits;
  }

  static constexpr int64_t kBeyond = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kFromEverywhereKey = std::numeric_limits<int64_t>::min() / 8;

  const ScorePlan& plan_;
  int64_t first_row_, rows_, first_query_;
};

Tensor values_of(const Tensor& v, const std::vector<std::pair<int64_t, int64_t>>& spans, int64_t heads) {
  std::vector<Tensor> parts;
  for (const auto& [low, high] : spans) parts.push_back(v.narrow(2, low, high - low));
  Tensor values = parts.size() == 1 ? parts.front() : at::cat(parts, 2);
  if (values.size(1) != heads) values = values.repeat_interleave(heads / values.size(1), 1);
  return values;
}

}  // namespace

Tensor attend(const ScorePlan& plan, const Tensor& v) {
  const Tensor& q = plan.views.front().q;
  const int64_t heads = q.size(1), queries = q.size(2), keys = v.size(2);
  std::vector<Tensor> blocks;
  for (int64_t row = 0; row < queries; row += kRowBlock) {
    const int64_t rows = std::min(kRowBlock, queries - row);
    const auto spans = plan.visible.key_spans(plan.offset + row, rows, keys);
    if (spans.empty()) {
      blocks.push_back(at::zeros({q.size(0), heads, rows, v.size(3)}, v.options()));
      continue;
    }
    const Tensor weights = ReferenceBlock(plan, row, rows).weights(spans);
    blocks.push_back(product(weights, values_of(v, spans, heads)));
  }
  return blocks.size() == 1 ? blocks.front() : at::cat(blocks, 2);
}

Tensor attention_weights(const ScorePlan& plan, int64_t first_row, int64_t rows) {
  const Tensor& k = plan.views.front().k;
  const Tensor& q = plan.views.front().q;
  const int64_t keys = k.size(2);
  Tensor all = at::zeros({q.size(0), q.size(1), rows, keys}, q.options());
  const auto spans = plan.visible.key_spans(plan.offset + first_row, rows, keys);
  if (spans.empty()) return all;
  const Tensor weights = ReferenceBlock(plan, first_row, rows).weights(spans);
  int64_t at_key = 0;
  for (const auto& [low, high] : spans) {
    all.narrow(-1, low, high - low).copy_(weights.narrow(-1, at_key, high - low));
    at_key += high - low;
  }
  return all;
}

}  // namespace lx
