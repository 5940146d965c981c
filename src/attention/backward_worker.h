// One thread's part in the backward pass of fused attention: the heads of one key head of one example, or some of its
// blocks of keys.
#pragma once

#include "attention/fused.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace lx {

/// Sums over items that different threads fill: [parts,...] float32, added up in their order.
struct PartSums {
  Tensor all;
  float* part(int64_t index) const {
    return all.defined() ? all.data_ptr<float>() + index * (all.numel() / all.size(0)) : nullptr;
  }
};

/// What a whole backward pass reads and writes.
struct BackwardCall {
  const FusedGeometry& geometry;
  const FusedOperands& operands;
  const FusedResult& result;
  Tensor slope;             // of out, in the type of the tiles
  Tensor delta;             // [B,H,Tq] float32, sum over channels of slope * out: for sinks
  FusedOperands gradients;  // of q, k, v
  PartSums bias, decay_q;   // [parts,B,H,n], [parts,B,H,Tq]
  Tensor decay_k;           // [B,H,Tk]
  int64_t parts = 1;        // threads that share a head's blocks of keys
  Tensor queries;           // where parts > 1: [parts,B,H,tiles,views,D,kLanes], the gradients of queries
};

class BackwardWorker {
 public:
  explicit BackwardWorker(const BackwardCall& call)
      : call_(call),
        g_(call.geometry),
        loops_(tile_loops()),
        logits_(call.geometry, call.operands),
        views_(call.operands.q.size()),
        row_words_(g_.width / per_word(g_.type)),
        value_words_(g_.value_width / per_word(g_.type)),
        weights_(static_cast<size_t>(kBlock * kLanes)),
        slopes_(weights_.size()),
        masked_(weights_.size()),
        halves_(weights_.size()),
        words_(weights_.size() / 2) {
    const auto size = [](int64_t count) { return static_cast<size_t>(count); };
    const int64_t tiles = g_.tiles();
    query_lanes_.resize(size(tiles) * views_ * size(row_words_ * kLanes));
    query_pairs_.resize(size(tiles) * views_ * size(kLanes / per_word(g_.type) * g_.width));
    slope_lanes_.resize(size(tiles * value_words_ * kLanes));
    slope_pairs_.resize(size(tiles * (kLanes / per_word(g_.type)) * g_.value_width));
    totals_.resize(size(tiles * kLanes));
    deltas_.resize(size(tiles * kLanes));
    if (call.parts == 1) query_slopes_.resize(size(tiles) * views_ * size(g_.width * kLanes));
    const size_t blocks = g_.heads_per_key() > 1 ? size(g_.blocks()) : 1;  // several heads add to each block
    key_slopes_.resize(blocks * views_ * size(kBlock * g_.width));
    value_slopes_.resize(blocks * size(kBlock * g_.value_width));
    key_columns_.resize(views_ * size(g_.width * kBlock * g_.element()));
  }

  void run(int64_t example, int64_t key_head, int64_t part) {
    example_ = example;
    key_head_ = key_head;
    part_ = part;
    const int64_t group = g_.heads_per_key();
    if (group > 1) {
      std::fill(key_slopes_.begin(), key_slopes_.end(), 0.F);
      std::fill(value_slopes_.begin(), value_slopes_.end(), 0.F);
    }
    for (int64_t h = 0; h < group; ++h) {
      head_ = key_head * group + h;
      take_head();
      for (int64_t block = part; block < g_.blocks(); block += call_.parts)
        read_block(block, group == 1, h + 1 == group);
      if (call_.parts == 1) give_queries();
    }
  }

 private:
  float* query_slopes(int64_t tile, size_t view) {
    const int64_t at = (tile * static_cast<int64_t>(views_) + static_cast<int64_t>(view)) * g_.width * kLanes;
    if (call_.parts == 1) return query_slopes_.data() + at;
    return call_.queries.data_ptr<float>() +
           ((part_ * g_.batch + example_) * g_.heads + head_) * g_.tiles() * static_cast<int64_t>(views_) * g_.width *
               kLanes +
           at;
  }

  /// Packs all that belongs to the head's queries.
  void take_head() {
    const int64_t at = (example_ * g_.heads + head_) * g_.queries;
    const float* total = call_.result.total.data_ptr<float>() + at;
    std::fill(totals_.begin(), totals_.end(), INFINITY);
    std::copy(total, total + g_.queries, totals_.begin());
    const HeadRows slope = HeadRows::of(call_.slope, example_, head_),
                   out = HeadRows::of(call_.result.out, example_, head_);
    for (int64_t i = 0; i < g_.queries; ++i)
      deltas_[static_cast<size_t>(i)] =
          loops_.dot_rows(slope.row(i), out.row(i), g_.type == TileType::bf16, g_.value_width);
    if (call_.delta.defined() && part_ == 0)
      std::copy_n(deltas_.begin(), g_.queries, call_.delta.data_ptr<float>() + at);
    for (int64_t tile = 0; tile < g_.tiles(); ++tile) {
      const int64_t low = tile * kLanes, high = std::min(low + kLanes, g_.queries);
      for (size_t v = 0; v < views_; ++v) {
        const HeadRows q = HeadRows::of(call_.operands.q[v], example_, head_);
        pack_lanes(g_, query_lanes(tile, v), q, low, high, g_.width);
        pack_pairs(g_, query_pairs(tile, v), q, low, high, g_.width);
      }
      pack_lanes(g_, slope_lanes(tile), slope, low, high, g_.value_width);
      pack_pairs(g_, slope_pairs(tile), slope, low, high, g_.value_width);
    }
    if (call_.parts == 1) std::fill(query_slopes_.begin(), query_slopes_.end(), 0.F);
  }

  uint32_t* query_lanes(int64_t tile, size_t view) {
    return query_lanes_.data() + (static_cast<size_t>(tile) * views_ + view) * static_cast<size_t>(row_words_ * kLanes);
  }
  uint32_t* query_pairs(int64_t tile, size_t view) {
    return query_pairs_.data() +
           (static_cast<size_t>(tile) * views_ + view) * static_cast<size_t>(kLanes / per_word(g_.type) * g_.width);
  }
  uint32_t* slope_lanes(int64_t tile) { return slope_lanes_.data() + tile * value_words_ * kLanes; }
  uint32_t* slope_pairs(int64_t tile) {
    return slope_pairs_.data() + tile * (kLanes / per_word(g_.type)) * g_.value_width;
  }

  /// All queries of the head against one block of keys.
  void read_block(int64_t block, bool alone, bool last_head) {
    block_ = block;
    const int64_t low = block * kBlock, high = std::min(low + kBlock, g_.keys);
    const size_t slot = alone ? 0 : static_cast<size_t>(block);
    key_sum_ = key_slopes_.data() + slot * views_ * static_cast<size_t>(kBlock * g_.width);
    value_sum_ = value_slopes_.data() + slot * static_cast<size_t>(kBlock * g_.value_width);
    if (alone) {
      std::fill_n(key_sum_, views_ * static_cast<size_t>(kBlock * g_.width), 0.F);
      std::fill_n(value_sum_, kBlock * g_.value_width, 0.F);
    }
    for (size_t v = 0; v < views_; ++v)
      pack_columns(g_, key_columns_.data() + v * static_cast<size_t>(g_.width * kBlock * g_.element()),
                   HeadRows::of(call_.operands.k[v], example_, key_head_), low, high, g_.width, scratch_);
    for (int64_t tile = 0; tile < g_.tiles(); ++tile) {
      const int64_t row = tile * kLanes, lanes = std::min(kLanes, g_.queries - row);
      const TileSight::Keys keys = g_.sight(example_).keys_of(g_.offset + row, lanes);
      for (const TokenSpan& stretch : {keys.sinks, keys.near}) {
        const int64_t from = std::max(low, stretch.low / 2 * 2), to = std::min(high, stretch.high);
        if (from < to) read_tile(tile, row, lanes, from, to);
      }
    }
    if (last_head) give_keys(low, high);
  }

  void read_tile(int64_t tile, int64_t row, int64_t lanes, int64_t low, int64_t high) {
    logits_.use_queries(example_, head_, row, lanes, query_lanes(tile, 0));
    if (!logits_.fill(weights_.data(), low, high)) return;
    const int64_t keys = high - low, in_block = low - block_ * kBlock;
    const float* delta = deltas_.data() + tile * kLanes;
    loops_.weigh(weights_.data(), keys, totals_.data() + tile * kLanes);

    const HeadRows v = HeadRows::of(call_.operands.v, example_, key_head_);
    const void* x = as_rows(weights_.data(), keys);
    value_product_.of({g_.type, g_.value_width, keys, kLanes, kLanes, g_.value_width, g_.value_width, true})(
        x, slope_pairs(tile), value_sum_ + in_block * g_.value_width);
    weight_product_.of({g_.type, kLanes, keys, g_.value_width, v.stride / g_.element(), kLanes, kLanes, false})(
        v.row(low), slope_lanes(tile), slopes_.data());
    loops_.slope(slopes_.data(), weights_.data(), keys, delta);
    if (call_.decay_k.defined()) add_decay_slopes(row, lanes, low, high);
    const TileSight::Views views = logits_.views();
    for (size_t view = views.first; view <= views.last; ++view) {
      const float* own = views.first == views.last ? slopes_.data() : mask(view, low, high);
      add_view(tile, view, own, low, high);
    }
  }

  /// The slopes of pairs that meet in this view, zero elsewhere.
  const float* mask(size_t view, int64_t low, int64_t high) {
    for (int64_t key = low; key < high; ++key) {
      const TileSight::Lanes lanes = logits_.lanes_of(view, key);
      const float* from = slopes_.data() + (key - low) * kLanes;
      float* to = masked_.data() + (key - low) * kLanes;
      for (int32_t i = 0; i < kLanes; ++i) to[i] = i >= lanes.low && i < lanes.high ? from[i] : 0.F;
    }
    return masked_.data();
  }

  void add_view(int64_t tile, size_t view, const float* slopes, int64_t low, int64_t high) {
    const int64_t keys = high - low, in_block = low - block_ * kBlock;
    const bool bf16 = g_.type == TileType::bf16;
    if (call_.bias.all.defined()) add_bias_slopes(view, slopes, low, high);
    const void* x = as_rows(slopes, keys);
    key_product_.of({g_.type, g_.width, keys, kLanes, kLanes, g_.width, g_.width, true})(
        x, query_pairs(tile, view), key_sum_ + static_cast<int64_t>(view) * kBlock * g_.width + in_block * g_.width);
    const void* y = slopes;
    if (bf16) {
      for (int64_t r = 0; r < keys; r += 2)
        loops_.pair_floats(words_.data() + r / 2 * kLanes, slopes + r * kLanes,
                           r + 1 < keys ? slopes + (r + 1) * kLanes : nullptr, kLanes);
      y = words_.data();
    }
    const int64_t summed = bf16 ? (keys + 1) / 2 * 2 : keys;
    const char* columns =
        key_columns_.data() + view * static_cast<size_t>(g_.width * kBlock * g_.element()) + in_block * g_.element();
    query_product_.of_sum({g_.type, kLanes, g_.width, summed, kBlock, kLanes, kLanes, true})(columns, y,
                                                                                             query_slopes(tile, view));
  }

  /// A tile [keys][kLanes] as X of a product that sums over lanes.
  const void* as_rows(const float* tile, int64_t keys) {
    if (g_.type == TileType::fp32) return tile;
    loops_.round_to_bf16(halves_.data(), tile, keys * kLanes);
    return halves_.data();
  }

  void add_bias_slopes(size_t view, const float* slopes, int64_t low, int64_t high) {
    const int64_t length = call_.operands.bias.size(1);
    float* sums = call_.bias.part(part_) + (example_ * g_.heads + head_) * length;
    for (int64_t key = low; key < high; ++key) {
      const TileLogits::Lookup at = logits_.lookup(view, key);
      const TileSight::Lanes lanes = logits_.lanes_of(view, key);
      const float* row = slopes + (key - low) * kLanes;
      if (at.straight) {
        loops_.accumulate(sums + (at.places[0] - at.shift), row, lanes.low, lanes.high);
      } else {
        for (int32_t i = lanes.low; i < lanes.high; ++i)
          sums[std::clamp<int64_t>(at.places[i] - at.shift, 0, length - 1)] += row[i];
      }
    }
  }

  void add_decay_slopes(int64_t row, int64_t lanes, int64_t low, int64_t high) {
    const int64_t pair = example_ * g_.heads + head_;
    std::array<float, kLanes> decay{}, sum{};
    std::copy_n(call_.operands.decay_q.data_ptr<float>() + pair * g_.queries + row, lanes, decay.begin());
    const float* keys = call_.operands.decay_k.data_ptr<float>() + pair * g_.keys;
    float* key_sums = call_.decay_k.data_ptr<float>() + pair * g_.keys;
    for (int64_t key = low; key < high; ++key)
      key_sums[key] += loops_.decay_slope(sum.data(), slopes_.data() + (key - low) * kLanes, decay.data(), keys[key]);
    float* sums = call_.decay_q.part(part_) + pair * g_.queries + row;
    for (int64_t i = 0; i < lanes; ++i) sums[i] += sum[static_cast<size_t>(i)];
  }

  void give_keys(int64_t low, int64_t high) {
    for (size_t v = 0; v < views_; ++v)
      give_rows(call_.gradients.k[v], low, high, key_sum_ + v * static_cast<size_t>(kBlock * g_.width), g_.width);
    give_rows(call_.gradients.v, low, high, value_sum_, g_.value_width);
  }

  void give_rows(const Tensor& to, int64_t low, int64_t high, const float* from, int64_t columns) const {
    if (!to.defined()) return;
    const HeadRows rows = HeadRows::of(to, example_, key_head_);
    for (int64_t r = low; r < high; ++r) {
      char* row = const_cast<char*>(rows.row(r));
      const float* sum = from + (r - low) * columns;
      if (to.scalar_type() == at::kFloat)
        std::memcpy(row, sum, static_cast<size_t>(columns) * 4);
      else
        loops_.round_to_bf16(reinterpret_cast<uint16_t*>(row), sum, columns);
    }
  }

  void give_queries() {
    for (int64_t tile = 0; tile < g_.tiles(); ++tile)
      for (size_t v = 0; v < views_; ++v)
        if (call_.gradients.q[v].defined())
          write_lanes(call_.gradients.q[v], example_, head_, tile * kLanes,
                      std::min(kLanes, g_.queries - tile * kLanes), query_slopes(tile, v), g_.width, scratch_);
  }

  const BackwardCall& call_;
  const FusedGeometry& g_;
  const TileLoops& loops_;
  TileLogits logits_;
  const size_t views_;
  const int64_t row_words_, value_words_;
  int64_t example_ = 0, key_head_ = 0, head_ = 0, part_ = 0, block_ = 0;
  float *key_sum_ = nullptr, *value_sum_ = nullptr;
  std::vector<float> weights_, slopes_, masked_;
  std::vector<uint16_t> halves_;
  std::vector<uint32_t> words_, scratch_;
  std::vector<uint32_t> query_lanes_, query_pairs_, slope_lanes_, slope_pairs_;
  std::vector<float> totals_, deltas_, query_slopes_, key_slopes_, value_slopes_;
  std::vector<char> key_columns_;
  TileProducts key_product_, value_product_, weight_product_, query_product_;
};

}  // namespace lx
