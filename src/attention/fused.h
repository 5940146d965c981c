// What the forward and the backward pass of fused attention share: a call's operands laid out for tiles.
// Queries are lanes: a tile holds the transposed logits [keys][lanes], so that softmax, masks, biases and gates run
// along vectors without a sum across one, and weights leave the softmax as the next product wants them.
#pragma once

#include "attention/tile.h"
#include "attention/tile_loops.h"
#include "attention/tile_sight.h"

#include <array>
#include <vector>

namespace lx {

/// Tensors a call differentiates, in the type of its tiles (bias, gates and sinks in float32).
struct FusedOperands {
  std::vector<Tensor> q, k;  // a view each: [B,H,Tq,D], [B,Hk,Tk,D], channels side by side
  Tensor v;                  // [B,Hk,Tk,Dv]
  Tensor bias;               // [H,n]
  Tensor decay_q, decay_k;   // [B,H,Tq], [B,H,Tk]
  Tensor sink;               // [H]
};

/// Numbers of a call that need no gradient.
struct FusedGeometry {
  TileType type = TileType::fp32;
  int64_t batch = 0, heads = 0, key_heads = 0, queries = 0, keys = 0, width = 0, value_width = 0;
  int64_t offset = 0, origin = 0;
  std::vector<TileSight> sights;               // one, or one an example
  std::vector<Tensor> query_place, key_place;  // a view each, where there is a bias: int32 [1 or B, T], padded
  std::vector<bool> steps_of_one;              // query places rise by one

  const TileSight& sight(int64_t example) const {
    return sights[sights.size() == 1 ? 0 : static_cast<size_t>(example)];
  }
  int64_t tiles() const { return (queries + kLanes - 1) / kLanes; }
  int64_t blocks() const { return (keys + kBlock - 1) / kBlock; }
  int64_t element() const { return type == TileType::bf16 ? 2 : 4; }  // bytes
  int64_t heads_per_key() const { return heads / key_heads; }
};

/// out [B,H,Tq,Dv] of `type` (float32 or bfloat16), total [B,H,Tq] float32: log of the sum of exponentials, +inf for
/// queries that see nothing.
struct FusedResult {
  Tensor out, total;
};
FusedResult fused_forward(const FusedGeometry& geometry, const FusedOperands& operands, at::ScalarType type);

/// Gradients in the same places; those not wanted stay undefined. `slope` [B,H,Tq,Dv]: of the loss by out,
/// in the form of the operands.
FusedOperands fused_backward(const FusedGeometry& geometry, const FusedOperands& operands, const FusedResult& result,
                             const Tensor& slope);

/// One query at a time, for decoding: no tiles, forward only.
FusedResult fused_rows(const FusedGeometry& geometry, const FusedOperands& operands, at::ScalarType type);

/// Rows of channels of one head of one example.
struct HeadRows {
  const char* data;
  int64_t stride;  // bytes
  const char* row(int64_t index) const { return data + index * stride; }
  static HeadRows of(const Tensor& x, int64_t example, int64_t head);
};

/// The products of one thread over one call, made when they are first needed: by the number of keys in a tile.
class TileProducts {
 public:
  const TileProduct& of(const TileShape& shape) {
    TileProduct& kept = kept_[static_cast<size_t>(shape.n)];
    if (!known_[static_cast<size_t>(shape.n)]) {
      kept = TileProduct(shape);
      known_[static_cast<size_t>(shape.n)] = true;
    }
    return kept;
  }
  /// Where the number of keys is what is summed over.
  const TileProduct& of_sum(const TileShape& shape) {
    TileProduct& kept = kept_[static_cast<size_t>(shape.k)];
    if (!known_[static_cast<size_t>(shape.k)]) {
      kept = TileProduct(shape);
      known_[static_cast<size_t>(shape.k)] = true;
    }
    return kept;
  }

 private:
  std::array<TileProduct, kLanes + 1> kept_;
  std::array<bool, kLanes + 1> known_{};
};

/// Which tile: lanes are queries [row, row + lanes) of head `head`, keys [low, high) lie in one block.
struct TilePlace {
  int64_t example, head, row, lanes, low, high;
};

/// Logits of tiles, all terms of the algebra.
class TileLogits {
 public:
  TileLogits(const FusedGeometry& geometry, const FusedOperands& operands);

  /// Packs the queries of a tile; later calls of `fill` are about them.
  void take_queries(int64_t example, int64_t head, int64_t row, int64_t lanes);
  /// The same, packed already: words [view][width words][kLanes].
  void use_queries(int64_t example, int64_t head, int64_t row, int64_t lanes, const uint32_t* words);
  /// tile [keys][kLanes]; false: no query sees any of these keys.
  bool fill(float* tile, int64_t low, int64_t high);
  /// Of the last `fill`: views that hold somewhere in the tile.
  TileSight::Views views() const { return views_; }
  /// The lanes that meet the key through this view.
  TileSight::Lanes lanes_of(size_t view, int64_t key) const;
  /// Where lane 0 of the tile looks into the bias for this key, as places[lane] - shift; whole: without clamping.
  struct Lookup {
    const int32_t* places;
    int32_t shift;
    bool straight;  // index of lane i is places[0] - shift + i, and all lie in the table
  };
  Lookup lookup(size_t view, int64_t key) const;

 private:
  void add_bias(float* tile, size_t view, int64_t low, int64_t high) const;

  const FusedGeometry& geometry_;
  const FusedOperands& operands_;
  const TileLoops& loops_;
  std::vector<uint32_t> own_words_;
  const uint32_t* words_ = nullptr;
  std::vector<float> other_;  // logits by a further view
  std::vector<TileProducts> products_;
  std::array<TileSight::Lanes, kBlock> seen_{};
  int64_t example_ = 0, head_ = 0, row_ = 0, lanes_ = 0;
  std::array<float, kLanes> decay_{};
  TileSight::Views views_{};
};

/// Packs rows [low, high) of a block, columns first: to [columns][kBlock] elements of the tile type, zero behind.
void pack_columns(const FusedGeometry& geometry, void* to, const HeadRows& rows, int64_t low, int64_t high,
                  int64_t columns, std::vector<uint32_t>& scratch);
/// Packs up to kLanes rows as pairs, as Y of a product that sums over them: words [kLanes / per_word][columns], zero
/// behind.
void pack_pairs(const FusedGeometry& geometry, uint32_t* to, const HeadRows& rows, int64_t low, int64_t high,
                int64_t columns);
/// Packs up to kLanes rows with lanes side by side: words [columns / per_word][kLanes], zero behind.
void pack_lanes(const FusedGeometry& geometry, uint32_t* to, const HeadRows& rows, int64_t low, int64_t high,
                int64_t columns);
/// Writes tile [columns][kLanes] as rows of channels, `lanes` of them, of float32 or (even columns) bfloat16.
void write_lanes(const Tensor& to, int64_t example, int64_t head, int64_t row, int64_t lanes, const float* tile,
                 int64_t columns, std::vector<uint32_t>& scratch);

}  // namespace lx
