// Packing for tiles, and their logits (attention/fused.h).
#include "attention/fused.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstring>

namespace lx {

HeadRows HeadRows::of(const Tensor& x, int64_t example, int64_t head) {
  const int64_t bytes = static_cast<int64_t>(x.element_size());
  const auto* data = static_cast<const char*>(x.data_ptr());
  return {data + (example * x.stride(0) + head * x.stride(1)) * bytes, x.stride(2) * bytes};
}

namespace {

struct Words {
  static const uint32_t* at(const char* row) { return reinterpret_cast<const uint32_t*>(row); }
  static const uint16_t* halves(const char* row) { return reinterpret_cast<const uint16_t*>(row); }
};

}  // namespace

void pack_pairs(const FusedGeometry& geometry, uint32_t* to, const HeadRows& rows, int64_t low, int64_t high,
                int64_t columns) {
  const TileLoops& loops = tile_loops();
  if (geometry.type == TileType::fp32) {
    for (int64_t r = low; r < high; ++r)
      std::memcpy(to + (r - low) * columns, rows.row(r), static_cast<size_t>(columns) * 4);
    std::memset(to + (high - low) * columns, 0, static_cast<size_t>((kLanes - (high - low)) * columns) * 4);
    return;
  }
  for (int64_t r = 0; r < kLanes; r += 2) {
    const uint16_t* first = low + r < high ? Words::halves(rows.row(low + r)) : nullptr;
    const uint16_t* second = low + r + 1 < high ? Words::halves(rows.row(low + r + 1)) : nullptr;
    loops.pair_halves(to + r / 2 * columns, first, second, columns);
  }
}

void pack_columns(const FusedGeometry& geometry, void* to, const HeadRows& rows, int64_t low, int64_t high,
                  int64_t columns, std::vector<uint32_t>& scratch) {
  const TileLoops& loops = tile_loops();
  auto* words = static_cast<uint32_t*>(to);
  if (geometry.type == TileType::fp32) {
    loops.transpose(words, kBlock, Words::at(rows.row(low)), rows.stride / 4, high - low, columns, kBlock);
    return;
  }
  scratch.resize(static_cast<size_t>(kBlock / 2 * columns));
  pack_pairs(geometry, scratch.data(), rows, low, high, columns);
  loops.transpose(words, kBlock / 2, scratch.data(), columns, kBlock / 2, columns, kBlock / 2);
}

void pack_lanes(const FusedGeometry& geometry, uint32_t* to, const HeadRows& rows, int64_t low, int64_t high,
                int64_t columns) {
  tile_loops().transpose(to, kLanes, Words::at(rows.row(low)), rows.stride / 4, high - low,
                         columns / per_word(geometry.type), kLanes);
}

void write_lanes(const Tensor& to, int64_t example, int64_t head, int64_t row, int64_t lanes, const float* tile,
                 int64_t columns, std::vector<uint32_t>& scratch) {
  const TileLoops& loops = tile_loops();
  const HeadRows rows = HeadRows::of(to, example, head);
  auto* target = reinterpret_cast<uint32_t*>(const_cast<char*>(rows.row(row)));
  if (to.scalar_type() == at::kFloat) {
    loops.transpose(target, rows.stride / 4, reinterpret_cast<const uint32_t*>(tile), kLanes, columns, lanes, columns);
    return;
  }
  scratch.resize(static_cast<size_t>(columns / 2 * kLanes));
  for (int64_t c = 0; c < columns; c += 2)
    loops.pair_floats(scratch.data() + c / 2 * kLanes, tile + c * kLanes, tile + (c + 1) * kLanes, kLanes);
  loops.transpose(target, rows.stride / 4, scratch.data(), kLanes, columns / 2, lanes, columns / 2);
}

TileLogits::TileLogits(const FusedGeometry& geometry, const FusedOperands& operands)
    : geometry_(geometry), operands_(operands), loops_(tile_loops()), products_(operands.q.size()) {
  own_words_.resize(operands.q.size() * static_cast<size_t>(geometry.width / per_word(geometry.type) * kLanes));
  if (operands.q.size() > 1) other_.resize(static_cast<size_t>(kBlock * kLanes));
}

void TileLogits::take_queries(int64_t example, int64_t head, int64_t row, int64_t lanes) {
  const int64_t words = geometry_.width / per_word(geometry_.type) * kLanes;
  for (size_t v = 0; v < operands_.q.size(); ++v)
    pack_lanes(geometry_, own_words_.data() + static_cast<int64_t>(v) * words,
               HeadRows::of(operands_.q[v], example, head), row, row + lanes, geometry_.width);
  use_queries(example, head, row, lanes, own_words_.data());
}

void TileLogits::use_queries(int64_t example, int64_t head, int64_t row, int64_t lanes, const uint32_t* words) {
  example_ = example;
  head_ = head;
  row_ = row;
  lanes_ = lanes;
  words_ = words;
  if (!operands_.decay_q.defined()) return;
  const float* decay =
      operands_.decay_q.data_ptr<float>() + (example * geometry_.heads + head) * geometry_.queries + row;
  std::fill(std::copy(decay, decay + lanes, decay_.begin()), decay_.end(), 0.F);
}

TileSight::Lanes TileLogits::lanes_of(size_t view, int64_t key) const {
  const TileSight& sight = geometry_.sight(example_);
  const int64_t first = geometry_.offset + row_;
  const auto lane = [&](int64_t query) { return static_cast<int32_t>(std::clamp<int64_t>(query - first, 0, kLanes)); };
  const int32_t low = view == views_.first ? 0 : lane(sight.begins(view, key));
  const int32_t high = view == views_.last ? static_cast<int32_t>(kLanes) : lane(sight.begins(view + 1, key));
  return {low, std::max(low, high)};
}

TileLogits::Lookup TileLogits::lookup(size_t view, int64_t key) const {
  const Tensor &queries = geometry_.query_place[view], &keys = geometry_.key_place[view];
  const int32_t* places = queries.data_ptr<int32_t>() + (queries.size(0) > 1 ? example_ : 0) * queries.size(1) + row_;
  const int32_t* place = keys.data_ptr<int32_t>() + (keys.size(0) > 1 ? example_ : 0) * keys.size(1) + key;
  const auto shift = static_cast<int32_t>(*place - geometry_.origin);
  const int64_t first = places[0] - shift;
  const bool straight = geometry_.steps_of_one[view] && first >= 0 && first + kLanes <= operands_.bias.size(1);
  return {places, shift, straight};
}

void TileLogits::add_bias(float* tile, size_t view, int64_t low, int64_t high) const {
  const int64_t length = operands_.bias.size(1);
  const float* table = operands_.bias.data_ptr<float>() + head_ * length;
  for (int64_t key = low; key < high; ++key) {
    const Lookup at = lookup(view, key);
    float* row = tile + (key - low) * kLanes;
    if (at.straight)
      loops_.add(row, table + (at.places[0] - at.shift));
    else
      loops_.add_from_table(row, table, at.places, at.shift, static_cast<int32_t>(length - 1));
  }
}

bool TileLogits::fill(float* tile, int64_t low, int64_t high) {
  const TileSight& sight = geometry_.sight(example_);
  const int64_t first = geometry_.offset + row_, keys = high - low;
  const TileSight::Cover cover = sight.cover(first, lanes_, low, high, seen_.data());
  if (cover == TileSight::Cover::none) return false;
  views_ = sight.views_of(first, lanes_, low, high);
  const int64_t words = geometry_.width / per_word(geometry_.type) * kLanes;
  const int64_t key_head = head_ / geometry_.heads_per_key();
  for (size_t v = views_.first; v <= views_.last; ++v) {
    float* target = v == views_.first ? tile : other_.data();
    const HeadRows rows = HeadRows::of(operands_.k[v], example_, key_head);
    const TileShape shape{geometry_.type, kLanes, keys, geometry_.width, rows.stride / geometry_.element(),
                          kLanes,         kLanes, false};
    products_[v].of(shape)(rows.row(low), words_ + static_cast<int64_t>(v) * words, target);
    if (operands_.bias.defined()) add_bias(target, v, low, high);
    if (v == views_.first) continue;
    for (int64_t key = low; key < high; ++key)
      loops_.merge(tile + (key - low) * kLanes, target + (key - low) * kLanes,
                   static_cast<int32_t>(std::clamp<int64_t>(sight.begins(v, key) - first, 0, kLanes)));
  }
  if (operands_.decay_q.defined()) {
    const float* decay = operands_.decay_k.data_ptr<float>() + (example_ * geometry_.heads + head_) * geometry_.keys;
    for (int64_t key = low; key < high; ++key) loops_.add_decay(tile + (key - low) * kLanes, decay_.data(), decay[key]);
  }
  if (cover == TileSight::Cover::some)
    for (int64_t key = low; key < high; ++key) {
      const TileSight::Lanes lanes = seen_[static_cast<size_t>(key - low)];
      loops_.hide(tile + (key - low) * kLanes, lanes.low, lanes.high);
    }
  return true;
}

}  // namespace lx
