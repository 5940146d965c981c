#include "attention/tile_sight.h"

#include <algorithm>
#include <limits>

namespace lx {
namespace {

struct Edges {
  static constexpr int64_t kFar = int64_t{1} << 60;

  static int64_t floor_divide(int64_t a, int64_t b) {
    const int64_t quotient = a / b;
    return quotient - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
  }
  static int64_t of_example(const Tensor& per_example, int64_t example, int64_t otherwise) {
    if (!per_example.defined()) return otherwise;
    return per_example.data_ptr<int64_t>()[per_example.size(0) == 1 ? 0 : example];
  }
};

}  // namespace

TileSight::TileSight(const ScorePlan& plan, int64_t example, int64_t keys)
    : unit_(plan.unit),
      window_(plan.visible.window),
      sinks_(plan.visible.narrow() ? plan.visible.sinks : 0),
      block_(plan.visible.block),
      keys_(keys),
      prefix_(Edges::of_example(plan.visible.prefix, example, 0)),
      length_(std::min(keys, Edges::of_example(plan.visible.lengths, example, keys))),
      order_(plan.visible.order) {
  for (const View& view : plan.views) from_.push_back(view.from);
}

TokenSpan TileSight::queries_of(int64_t key) const {
  if (key >= length_) return {0, 0};
  TokenSpan seen{-Edges::kFar, Edges::kFar};
  if (key >= prefix_ && order_ == Order::past) seen.low = key;
  if (key >= prefix_ && order_ == Order::future) seen.high = key + 1;
  if (key < sinks_) return seen;
  if (window_ < kAll) {
    seen.low = std::max(seen.low, key - window_ + 1);
    seen.high = std::min(seen.high, key + window_);
  }
  if (block_ > 0) {
    const int64_t own = key / block_;
    seen.low = std::max(seen.low, (own - 1) * block_);
    seen.high = std::min(seen.high, (own + 2) * block_);
  }
  return seen;
}

TileSight::Keys TileSight::keys_of(int64_t first, int64_t rows) const {
  const int64_t last = first + rows - 1;
  int64_t low = order_ == Order::future ? first : 0, high = order_ == Order::past ? last + 1 : keys_;
  if (prefix_ > 0) {
    high = std::max(high, prefix_);
    low = 0;
  }
  high = std::clamp<int64_t>(high, 0, length_);
  low = std::clamp<int64_t>(low, 0, high);
  TokenSpan near{low, high};
  if (window_ < kAll) near = {std::max(near.low, first - window_ + 1), std::min(near.high, last + window_)};
  if (block_ > 0)
    near = {std::max(near.low, (first / block_ - 1) * block_), std::min(near.high, (last / block_ + 2) * block_)};
  near.high = std::max(near.low, near.high);
  const TokenSpan sinks{low, std::max(low, std::min(sinks_, std::min(high, near.low)))};
  if (sinks.high > sinks.low && sinks.high + 1 >= near.low) return {{low, low}, {low, near.high}};
  return {sinks, near};
}

TileSight::Cover TileSight::cover(int64_t first, int64_t rows, int64_t low, int64_t high, Lanes* seen) const {
  const bool plain = window_ >= kAll && block_ == 0 && high <= length_;
  if (plain && (order_ == Order::all || high <= prefix_)) return Cover::all;
  if (plain && order_ == Order::past && high - 1 <= first) return Cover::all;
  bool any = false, all = true;
  for (int64_t key = low; key < high; ++key) {
    const TokenSpan queries = queries_of(key);
    const int64_t from = std::clamp<int64_t>(queries.low - first, 0, rows);
    const int64_t to = std::clamp<int64_t>(queries.high - first, from, rows);
    any |= to > from;
    all &= to - from == rows;
    seen[key - low] = {static_cast<int32_t>(from), static_cast<int32_t>(to)};
  }
  return all ? Cover::all : any ? Cover::some : Cover::none;
}

int64_t TileSight::begins(size_t view, int64_t key) const {
  if (view == 0) return -Edges::kFar;
  return (Edges::floor_divide(key, unit_) + from_[view]) * unit_;
}

TileSight::Views TileSight::views_of(int64_t first, int64_t rows, int64_t low, int64_t high) const {
  Views held{0, from_.size() - 1};
  const int64_t last = first + rows - 1;
  while (held.last > 0 && begins(held.last, low) > last) --held.last;  // nobody is that far from anyone
  while (held.first < held.last && begins(held.first + 1, high - 1) <= first) ++held.first;  // everybody is
  return held;
}

}  // namespace lx
