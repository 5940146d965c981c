// Fused attention, forward: online softmax over tiles (Milakov and Gimelshein 2018; Dao et al. 2022).
#include "attention/fused.h"
#include "attention/workers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

class ForwardTile {
 public:
  ForwardTile(const FusedGeometry& geometry, const FusedOperands& operands)
      : geometry_(geometry),
        operands_(operands),
        loops_(tile_loops()),
        logits_(geometry, operands),
        tile_(static_cast<size_t>((kBlock + 1) * kLanes)),
        words_(static_cast<size_t>(kBlock / 2 * kLanes)),
        read_(static_cast<size_t>(geometry.value_width * kLanes)) {}

  /// `values`: the head's values, packed by blocks [blocks][Dv][kBlock].
  void run(int64_t example, int64_t head, int64_t row, const char* values, const FusedResult& result) {
    const int64_t lanes = std::min(kLanes, geometry_.queries - row);
    logits_.take_queries(example, head, row, lanes);
    const float sink = operands_.sink.defined() ? operands_.sink.data_ptr<float>()[head] : -INFINITY;
    largest_.fill(sink);
    sum_.fill(operands_.sink.defined() ? 1.F : 0.F);
    empty_ = true;
    const TileSight::Keys keys = geometry_.sight(example).keys_of(geometry_.offset + row, lanes);
    for (const TokenSpan& stretch : {keys.sinks, keys.near}) {
      for (int64_t key = stretch.low; key < stretch.high;) {
        const int64_t block = key / kBlock;
        const int64_t low = key / 2 * 2, high = std::min(stretch.high, (block + 1) * kBlock);
        read(low, high, block, values);
        key = high;
      }
    }
    finish(example, head, row, lanes, result);
  }

 private:
  void read(int64_t low, int64_t high, int64_t block, const char* values) {
    const int64_t keys = high - low;
    if (!logits_.fill(tile_.data(), low, high)) return;
    const bool changed = loops_.soften(tile_.data(), keys, largest_.data(), sum_.data(), factor_.data());
    if (changed && !empty_) loops_.scale(read_.data(), geometry_.value_width, factor_.data());
    const bool bf16 = geometry_.type == TileType::bf16;
    const int64_t summed = bf16 ? (keys + 1) / 2 * 2 : keys;
    if (bf16) {
      for (int64_t r = 0; r < keys; r += 2)
        loops_.pair_floats(words_.data() + r / 2 * kLanes, tile_.data() + r * kLanes,
                           r + 1 < keys ? tile_.data() + (r + 1) * kLanes : nullptr, kLanes);
    }
    const TileShape shape{geometry_.type, kLanes, geometry_.value_width, summed, kBlock, kLanes, kLanes, !empty_};
    const char* from = values + (block * geometry_.value_width * kBlock + (low - block * kBlock)) * geometry_.element();
    products_[empty_ ? 0 : 1].of_sum(shape)(
        from, bf16 ? static_cast<const void*>(words_.data()) : static_cast<const void*>(tile_.data()), read_.data());
    empty_ = false;
  }

  void finish(int64_t example, int64_t head, int64_t row, int64_t lanes, const FusedResult& result) {
    float* total = result.total.data_ptr<float>() + (example * geometry_.heads + head) * geometry_.queries + row;
    for (int64_t i = 0; i < kLanes; ++i) {
      factor_[static_cast<size_t>(i)] = sum_[static_cast<size_t>(i)] == 0 ? 0 : 1 / sum_[static_cast<size_t>(i)];
      if (i < lanes)
        total[i] = sum_[static_cast<size_t>(i)] == 0
                       ? INFINITY
                       : largest_[static_cast<size_t>(i)] + std::log(sum_[static_cast<size_t>(i)]);
    }
    if (empty_)
      std::fill(read_.begin(), read_.end(), 0.F);
    else
      loops_.scale(read_.data(), geometry_.value_width, factor_.data());
    write_lanes(result.out, example, head, row, lanes, read_.data(), geometry_.value_width, words_for_output_);
  }

  const FusedGeometry& geometry_;
  const FusedOperands& operands_;
  const TileLoops& loops_;
  TileLogits logits_;
  std::vector<float> tile_;
  std::vector<uint32_t> words_, words_for_output_;
  std::vector<float> read_;  // [Dv][kLanes]: the sum so far
  std::array<TileProducts, 2> products_;
  std::array<float, kLanes> largest_{}, sum_{}, factor_{};
  bool empty_ = true;
};

struct ForwardPass {
  const FusedGeometry& geometry;
  const FusedOperands& operands;
  const FusedResult& result;

  int64_t packed_bytes() const { return geometry.blocks() * geometry.value_width * kBlock * geometry.element(); }

  void pack_block(char* packed, int64_t example, int64_t key_head, int64_t block,
                  std::vector<uint32_t>& scratch) const {
    const int64_t low = block * kBlock, high = std::min(low + kBlock, geometry.keys);
    pack_columns(geometry, packed + block * geometry.value_width * kBlock * geometry.element(),
                 HeadRows::of(operands.v, example, key_head), low, high, geometry.value_width, scratch);
  }

  /// One thread packs a head's values and reads all its tiles.
  void by_heads() const {
    struct Own {
      ForwardTile tile;
      Tensor packed;
      std::vector<uint32_t> scratch;
    };
    each_item(
        geometry.batch * geometry.key_heads,
        [&] {
          return Own{{geometry, operands}, at::empty({packed_bytes()}, at::kByte), {}};
        },
        [&](Own& own, int64_t item) {
          const int64_t example = item / geometry.key_heads, key_head = item % geometry.key_heads;
          auto* packed = static_cast<char*>(own.packed.data_ptr());
          for (int64_t block = 0; block < geometry.blocks(); ++block)
            pack_block(packed, example, key_head, block, own.scratch);
          for (int64_t g = 0; g < geometry.heads_per_key(); ++g)
            for (int64_t tile = 0; tile < geometry.tiles(); ++tile)
              own.tile.run(example, key_head * geometry.heads_per_key() + g, tile * kLanes, packed, result);
        });
  }

  /// One head after another, its tiles shared by all threads, long ones first.
  void by_tiles() const {
    const Tensor packed = at::empty({packed_bytes()}, at::kByte);
    auto* data = static_cast<char*>(packed.data_ptr());
    for (int64_t pair = 0; pair < geometry.batch * geometry.key_heads; ++pair) {
      const int64_t example = pair / geometry.key_heads, key_head = pair % geometry.key_heads;
      each_item(
          geometry.blocks(), [] { return std::vector<uint32_t>(); },
          [&](std::vector<uint32_t>& scratch, int64_t block) { pack_block(data, example, key_head, block, scratch); });
      const int64_t group = geometry.heads_per_key();
      each_item(
          geometry.tiles() * group, [&] { return ForwardTile(geometry, operands); },
          [&](ForwardTile& tile, int64_t item) {
            const int64_t row = (geometry.tiles() - 1 - item / group) * kLanes;
            tile.run(example, key_head * group + item % group, row, data, result);
          });
    }
  }
};

}  // namespace

FusedResult fused_forward(const FusedGeometry& geometry, const FusedOperands& operands, at::ScalarType type) {
  const auto options = operands.v.options();
  const FusedResult result{
      at::empty({geometry.batch, geometry.queries, geometry.heads, geometry.value_width}, options.dtype(type))
          .transpose(1, 2),
      at::empty({geometry.batch, geometry.heads, geometry.queries}, options.dtype(at::kFloat))};
  const ForwardPass pass{geometry, operands, result};
  constexpr int64_t kManyTiles = 32;  // then a head is work enough for all threads, and its packed values go round once
  if (geometry.tiles() * geometry.heads_per_key() >= kManyTiles ||
      geometry.batch * geometry.key_heads < at::get_num_threads())
    pass.by_tiles();
  else
    pass.by_heads();
  return result;
}

}  // namespace lx
