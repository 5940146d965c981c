// The reference executor: plain ATen over blocks of rows. The oracle of every faster one, and their fallback.
#include "attention/score_modifier.h"
#include "attention/score_plan.h"
#include "base/profile.h"
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

  /// Stretches of keys worth a look. Rewriters read whole rows.
  std::vector<std::pair<int64_t, int64_t>> spans(int64_t keys) const {
    auto all = plan_.visible.key_spans(first_query_, rows_, keys);
    if (!all.empty() && !plan_.rewriters.empty()) all = {{0, all.back().second}};
    return all;
  }

  /// Weights [B,H,rows,keys of the span list], softmaxed over all spans together.
  Tensor weights(const std::vector<std::pair<int64_t, int64_t>>& spans) const {
    std::vector<Tensor> parts;
    for (const auto& [low, high] : spans) parts.push_back(masked_logits(low, high));
    Tensor logits = parts.size() == 1 ? parts.front() : at::cat(parts, -1);
    const int64_t keys = logits.size(-1);
    if (plan_.sink.defined()) {
      const Tensor sink = plan_.sink.to(logits.scalar_type()).view({1, -1, 1, 1});
      logits = at::cat({logits, sink.expand({logits.size(0), logits.size(1), rows_, 1})}, -1);
    }
    // A row that sees nothing is all -inf: it must give zero, where softmax gives NaN.
    Tensor blind;
    if (!plan_.sink.defined() && plan_.visible.may_be_blind()) {
      blind = at::isneginf(logits.detach()).all(-1, true);
      logits = logits.masked_fill(blind, 0);
    }
    Tensor weights = plan_.normaliser ? plan_.normaliser->normalise(logits) : at::softmax(logits, -1);
    if (plan_.sink.defined()) weights = weights.narrow(-1, 0, keys);
    return blind.defined() ? weights.masked_fill(blind, 0) : weights;
  }

  /// Relative positions [rows,keys] or [B,rows,keys] float64.
  Tensor relative(int64_t low, int64_t high) const {
    return banded(low, high, [&](const View& view, int64_t from, int64_t to) {
      const auto reals = at::TensorOptions().dtype(at::kDouble).device(view.q.device());
      const Tensor q = view.query_position.defined() ? view.query_position.narrow(-1, first_row_, rows_)
                                                     : at::arange(first_query_, first_query_ + rows_, reals);
      const Tensor k =
          view.key_position.defined() ? view.key_position.narrow(-1, from, to - from) : at::arange(from, to, reals);
      return q.unsqueeze(-1) - k.unsqueeze(-2);
    });
  }

 private:
  Tensor masked_logits(int64_t low, int64_t high) const {
    Tensor logits = banded(low, high, [&](const View& view, int64_t from, int64_t to) {
      const Tensor q = wide(view.q.narrow(2, first_row_, rows_));
      Tensor k = wide(view.k.narrow(2, from, to - from));
      if (k.size(1) != q.size(1)) k = k.repeat_interleave(q.size(1) / k.size(1), 1);
      return product(q, k.transpose(-1, -2));
    });
    // A second name for the products would keep their memory through the softmax: only who asks for them pays.
    const Tensor compared = plan_.rewriters.empty() ? Tensor() : logits;
    if (plan_.bias.defined() || plan_.curve) logits = logits + bias(relative(low, high)).to(logits.scalar_type());
    if (plan_.decay_q.defined()) {
      const Tensor q = plan_.decay_q.narrow(-1, first_row_, rows_).unsqueeze(-1);
      const Tensor k = plan_.decay_k.narrow(-1, low, high - low).unsqueeze(-2);
      logits = logits - (q - k).abs();
    }
    const bool all = plan_.visible.all_visible(first_query_, rows_, low, high);
    if (all && plan_.rewriters.empty()) return logits;
    const Tensor visible = plan_.visible.mask(first_query_, rows_, low, high).to(logits.device());
    if (!plan_.rewriters.empty()) {
      Tensor distance = relative(low, high);
      if (distance.dim() == 3) distance = distance.unsqueeze(1);
      const RowBlock block{.first_query = first_query_,
                           .rows = rows_,
                           .first_key = low,
                           .keys = high - low,
                           .visible = visible,
                           .compared = compared,
                           .relative = distance,
                           .query_position = plan_.home_position.narrow(-1, first_row_, rows_),
                           .query = plan_.query.narrow(2, first_row_, rows_)};
      for (const ScoreModifier* rewriter : plan_.rewriters) logits = rewriter->rewrite(logits, block, plan_.scene);
    }
    return logits.masked_fill(visible.logical_not(), -INFINITY);
  }

  /// [1 or B,H,rows,keys] at relative positions [rows,keys] or [B,rows,keys].
  Tensor bias(const Tensor& relative) const {
    Tensor flat;  // [H, B rows keys]
    if (plan_.curve) {
      flat = plan_.curve(relative.reshape({-1}));
    } else {
      const Tensor index = (relative.to(at::kLong) + plan_.origin).clamp(0, plan_.bias.size(1) - 1);
      flat = plan_.bias.index_select(1, index.reshape({-1}));
    }
    const int64_t examples = relative.dim() == 3 ? relative.size(0) : 1;
    return flat.view({flat.size(0), examples, rows_, relative.size(-1)}).transpose(0, 1);
  }

  /// Distances as the views count them: in steps of plan.unit tokens.
  Tensor distances(int64_t low, int64_t high, const at::Device& device) const {
    const auto integers = at::TensorOptions().dtype(at::kLong).device(device);
    Tensor i = at::arange(first_query_, first_query_ + rows_, integers), j = at::arange(low, high, integers);
    if (plan_.unit > 1) {
      i = i.div(plan_.unit, "floor");
      j = j.div(plan_.unit, "floor");
    }
    return i.unsqueeze(1) - j;
  }

  /// What `part(view, from_key, to_key)` [...,rows,keys] gives, each pair of tokens by its own view. A view is asked
  /// only for keys it can meet; where two views meet in one block of rows, distance decides.
  template <class Part>
  Tensor banded(int64_t low, int64_t high, Part part) const {
    const auto& views = plan_.views;
    const int64_t unit = plan_.unit;
    const int64_t first = first_query_ / unit, last = (first_query_ + rows_ - 1) / unit;
    Tensor joined;  // of keys [covered_low, covered_high), by the views seen so far
    int64_t covered_low = 0, covered_high = 0;
    for (size_t v = views.size(); v-- > 0;) {  // far views hold the low keys: walk from far to near, left to right
      const bool farthest = v + 1 == views.size();
      const int64_t next = farthest ? 0 : views[v + 1].from;
      // Keys j with from <= distance < next for some row.
      const int64_t from_key = farthest ? low : std::clamp((first - next + 1) * unit, low, high);
      const int64_t to_key = v == 0 ? high : std::clamp((last - views[v].from + 1) * unit, low, high);
      if (from_key >= to_key) continue;
      Tensor own = part(views[v], from_key, to_key);
      if (!joined.defined()) {
        joined = own;
        covered_low = from_key;
        covered_high = to_key;
        continue;
      }
      // Keys in [from_key, covered_high) belong to the farther view for some rows and to this one for others.
      const int64_t shared = covered_high - from_key;
      std::vector<Tensor> pieces;
      if (from_key > covered_low) pieces.push_back(joined.narrow(-1, 0, from_key - covered_low));
      if (shared > 0) {
        const Tensor far = distances(from_key, covered_high, own.device()) >= next;
        pieces.push_back(at::where(far, joined.narrow(-1, from_key - covered_low, shared), own.narrow(-1, 0, shared)));
      }
      if (to_key > covered_high) pieces.push_back(own.narrow(-1, shared, to_key - covered_high));
      joined = at::cat(pieces, -1);
      covered_high = std::max(covered_high, to_key);
    }
    return joined;
  }

  /// Softmax in half precision would be no oracle.
  static Tensor wide(const Tensor& x) { return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x; }

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

Tensor attend_reference(const ScorePlan& plan, const Tensor& v_any) {
  const Timed timed("attention");
  const Tensor& q = plan.views.front().q;
  const Tensor v = v_any.scalar_type() == at::kBFloat16 ? v_any.to(at::kFloat) : v_any;
  const int64_t heads = q.size(1), queries = q.size(2), keys = v.size(2);
  std::vector<Tensor> blocks;
  for (int64_t row = 0; row < queries; row += kRowBlock) {
    const int64_t rows = std::min(kRowBlock, queries - row);
    const ReferenceBlock block(plan, row, rows);
    const auto spans = block.spans(keys);
    if (spans.empty()) {
      blocks.push_back(at::zeros({q.size(0), heads, rows, v.size(3)}, v.options()));
      continue;
    }
    const Tensor weights = block.weights(spans);
    blocks.push_back(product(weights, values_of(v, spans, heads)));
  }
  return (blocks.size() == 1 ? blocks.front() : at::cat(blocks, 2)).to(v_any.scalar_type());
}

Tensor attention_weights(const ScorePlan& plan, int64_t first_row, int64_t rows) {
  const Tensor& k = plan.views.front().k;
  const Tensor& q = plan.views.front().q;
  const int64_t keys = k.size(2);
  const auto type = q.scalar_type() == at::kBFloat16 ? at::kFloat : q.scalar_type();
  Tensor all = at::zeros({q.size(0), q.size(1), rows, keys}, q.options().dtype(type));
  const ReferenceBlock block(plan, first_row, rows);
  const auto spans = block.spans(keys);
  if (spans.empty()) return all;
  const Tensor weights = block.weights(spans);
  int64_t at_key = 0;
  for (const auto& [low, high] : spans) {
    all.narrow(-1, low, high - low).copy_(weights.narrow(-1, at_key, high - low));
    at_key += high - low;
  }
  return all;
}

Tensor relative_positions(const ScorePlan& plan, int64_t first_row, int64_t rows) {
  const Tensor all = ReferenceBlock(plan, first_row, rows).relative(0, plan.views.front().k.size(2));
  return all.dim() == 2 ? all.unsqueeze(0) : all;
}

}  // namespace lx
