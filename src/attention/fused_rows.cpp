// Fused attention for a few queries over many keys, as decoding asks it: one query at a time, no tiles, O(T) work.
#include "attention/fused.h"
#include "attention/workers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

class OneQuery {
 public:
  OneQuery(const FusedGeometry& geometry, const FusedOperands& operands)
      : g_(geometry),
        operands_(operands),
        loops_(tile_loops()),
        weights_(static_cast<size_t>(geometry.keys)),
        query_(operands.q.size() * static_cast<size_t>(geometry.width)),
        read_(static_cast<size_t>(geometry.value_width)) {}

  void run(int64_t example, int64_t head, int64_t row, const FusedResult& result) {
    const bool bf16 = g_.type == TileType::bf16;
    for (size_t v = 0; v < operands_.q.size(); ++v) {
      float* query = query_.data() + v * static_cast<size_t>(g_.width);
      const char* from = HeadRows::of(operands_.q[v], example, head).row(row);
      if (bf16)
        loops_.widen(query, reinterpret_cast<const uint16_t*>(from), g_.width);
      else
        std::copy_n(reinterpret_cast<const float*>(from), g_.width, query);
    }
    const int64_t key_head = head / g_.heads_per_key();
    const HeadRows values = HeadRows::of(operands_.v, example, key_head);
    float largest = operands_.sink.defined() ? operands_.sink.data_ptr<float>()[head] : -INFINITY;
    const float sink = largest;
    find_logits(example, head, row, largest);
    float sum = operands_.sink.defined() ? std::exp(sink - largest) : 0;
    std::fill(read_.begin(), read_.end(), 0.F);
    if (largest > -INFINITY || std::isnan(largest)) {
      for (const TokenSpan& stretch : seen_) {
        float* weights = weights_.data() + stretch.low;
        sum += loops_.exponentials(weights, stretch.high - stretch.low, largest);
        for (int64_t key = stretch.low; key < stretch.high; ++key)
          if (const float weight = weights_[static_cast<size_t>(key)]; weight != 0)
            loops_.add_scaled(read_.data(), weight, values.row(key), bf16, g_.value_width);
      }
    }
    const float inverse = sum == 0 ? 0 : 1 / sum;
    for (float& channel : read_) channel *= inverse;
    give(example, head, row, result.out);
    result.total.data_ptr<float>()[(example * g_.heads + head) * g_.queries + row] =
        sum == 0 ? INFINITY : largest + std::log(sum);
  }

 private:
  void find_logits(int64_t example, int64_t head, int64_t row, float& largest) {
    const TileSight& sight = g_.sight(example);
    const int64_t own = g_.offset + row, key_head = head / g_.heads_per_key();
    const TileSight::Keys keys = sight.keys_of(own, 1);
    seen_ = {keys.sinks, keys.near};
    std::vector<HeadRows> rows;
    for (const Tensor& k : operands_.k) rows.push_back(HeadRows::of(k, example, key_head));
    for (const TokenSpan& stretch : seen_) {
      for (int64_t key = stretch.low; key < stretch.high; ++key) {
        const TokenSpan queries = sight.queries_of(key);
        float& logit = weights_[static_cast<size_t>(key)];
        if (own < queries.low || own >= queries.high) {
          logit = -INFINITY;
          continue;
        }
        size_t view = operands_.k.size() - 1;
        while (view > 0 && own < sight.begins(view, key)) --view;
        logit = loops_.dot(query_.data() + view * static_cast<size_t>(g_.width), rows[view].row(key),
                           g_.type == TileType::bf16, g_.width) +
                added(example, head, row, key, view);
        largest = logit > largest || std::isnan(logit) ? logit : largest;
      }
    }
  }

  float added(int64_t example, int64_t head, int64_t row, int64_t key, size_t view) const {
    float sum = 0;
    if (operands_.bias.defined()) {
      const Tensor &queries = g_.query_place[view], &keys = g_.key_place[view];
      const int64_t q = queries.data_ptr<int32_t>()[(queries.size(0) > 1 ? example : 0) * queries.size(1) + row];
      const int64_t k = keys.data_ptr<int32_t>()[(keys.size(0) > 1 ? example : 0) * keys.size(1) + key];
      const int64_t length = operands_.bias.size(1);
      sum += operands_.bias.data_ptr<float>()[head * length + std::clamp<int64_t>(q - k + g_.origin, 0, length - 1)];
    }
    if (operands_.decay_q.defined()) {
      const int64_t pair = example * g_.heads + head;
      sum -= std::fabs(operands_.decay_q.data_ptr<float>()[pair * g_.queries + row] -
                       operands_.decay_k.data_ptr<float>()[pair * g_.keys + key]);
    }
    return sum;
  }

  void give(int64_t example, int64_t head, int64_t row, const Tensor& out) const {
    char* to = const_cast<char*>(HeadRows::of(out, example, head).row(row));
    if (out.scalar_type() == at::kFloat)
      std::copy(read_.begin(), read_.end(), reinterpret_cast<float*>(to));
    else
      loops_.round_to_bf16(reinterpret_cast<uint16_t*>(to), read_.data(), g_.value_width);
  }

  const FusedGeometry& g_;
  const FusedOperands& operands_;
  const TileLoops& loops_;
  std::vector<float> weights_, query_, read_;
  std::array<TokenSpan, 2> seen_{};
};

}  // namespace

FusedResult fused_rows(const FusedGeometry& g, const FusedOperands& operands, at::ScalarType type) {
  const auto options = operands.v.options();
  const FusedResult result{at::empty({g.batch, g.queries, g.heads, g.value_width}, options.dtype(type)).transpose(1, 2),
                           at::empty({g.batch, g.heads, g.queries}, options.dtype(at::kFloat))};
  each_item(
      g.batch * g.heads * g.queries, [&] { return OneQuery(g, operands); },
      [&](OneQuery& one, int64_t item) {
        one.run(item / g.queries / g.heads, item / g.queries % g.heads, item % g.queries, result);
      });
  return result;
}

}  // namespace lx
