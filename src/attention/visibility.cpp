#include "attention/visibility.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

struct Column {
  /// [B] -> [B,1,1,1], so that it meets [rows,keys].
  static Tensor over_keys(const Tensor& per_example) { return per_example.view({-1, 1, 1, 1}); }
  /// [B] -> [B,1,1], so that it meets [rows].
  static Tensor over_rows(const Tensor& per_example) { return per_example.view({-1, 1, 1}).to(at::kDouble); }
};

at::TensorOptions integers(const Visibility& visible) {
  const Tensor& any = visible.prefix.defined() ? visible.prefix : visible.lengths;
  return at::TensorOptions().dtype(at::kLong).device(any.defined() ? any.device() : at::Device(at::kCPU));
}

}  // namespace

bool Visibility::ahead() const {
  return order != Order::past || (prefix.defined() && prefix.numel() > 0 && prefix.max().item<int64_t>() > 1);
}

Tensor Visibility::mask(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const {
  const auto options = integers(*this);
  const Tensor i = at::arange(first_query, first_query + rows, options).unsqueeze(1);  // [rows,1]
  const Tensor j = at::arange(first_key, last_key, options).unsqueeze(0);              // [1,keys]
  const Tensor distance = i - j;
  Tensor seen = (order == Order::past     ? distance >= 0
                 : order == Order::future ? distance <= 0
                                          : at::ones_like(distance, at::kBool))
                    .view({1, 1, rows, last_key - first_key});
  if (prefix.defined()) seen = seen | (j < Column::over_keys(prefix));
  if (narrow()) {
    Tensor near = distance.abs() < window;
    if (block > 0) near = near & ((i.div(block, "floor") - j.div(block, "floor")).abs() <= 1);
    if (sinks > 0) near = near | (j < sinks);
    seen = seen & near;
  }
  if (lengths.defined()) seen = seen & (j < Column::over_keys(lengths));
  return seen;
}

std::vector<std::pair<int64_t, int64_t>> Visibility::key_spans(int64_t first_query, int64_t rows, int64_t keys) const {
  const int64_t last_query = first_query + rows - 1;
  int64_t low = order == Order::future ? first_query : 0, high = order == Order::past ? last_query + 1 : keys;
  if (prefix.defined()) {
    high = std::max(high, prefix.max().item<int64_t>());
    low = 0;
  }
  if (lengths.defined()) high = std::min(high, lengths.max().item<int64_t>());
  high = std::clamp<int64_t>(high, 0, keys);
  low = std::clamp<int64_t>(low, 0, high);
  int64_t near_low = low, near_high = high;
  if (window < kAll) {
    near_low = std::clamp(first_query - window + 1, low, high);
    near_high = std::clamp(last_query + window, near_low, high);
  }
  if (block > 0) {
    near_low = std::clamp((first_query / block - 1) * block, near_low, near_high);
    near_high = std::clamp((last_query / block + 2) * block, near_low, near_high);
  }
  std::vector<std::pair<int64_t, int64_t>> spans;
  const int64_t sink_end = narrow() ? std::min(sinks, high) : low;
  if (sink_end > low) {
    if (sink_end >= near_low) {
      near_low = low;
      near_high = std::max(near_high, sink_end);
    } else {
      spans.emplace_back(low, sink_end);
    }
  }
  if (near_high > near_low) spans.emplace_back(near_low, near_high);
  return spans;
}

bool Visibility::all_visible(int64_t first_query, int64_t rows, int64_t first_key, int64_t last_key) const {
  const int64_t last_query = first_query + rows - 1;
  const int64_t nearest = first_query - (last_key - 1), farthest = last_query - first_key;  // distances
  if (lengths.defined()) return false;
  const bool prefixed = order == Order::all || (prefix.defined() && last_key <= prefix.min().item<int64_t>());
  if (!prefixed && (order == Order::future ? farthest > 0 : nearest < 0)) return false;
  if (last_key <= sinks) return true;
  const bool blocks_meet =
      block == 0 || (last_query / block - first_key / block <= 1 && (last_key - 1) / block - first_query / block <= 1);
  return blocks_meet && std::max(std::abs(nearest), std::abs(farthest)) < window;
}

Tensor Visibility::count(int64_t first_query, int64_t rows, int64_t keys) const {
  const Tensor i = at::arange(first_query, first_query + rows, integers(*this)).to(at::kDouble).view({1, 1, rows});
  // Keys in order form one stretch [low, high) a row; a prefix joins it (past) or is counted apart (future).
  Tensor low = order == Order::future ? i : at::zeros_like(i);
  Tensor high = order == Order::past ? i + 1 : at::full_like(i, static_cast<double>(keys));
  Tensor ahead_end;  // future with a prefix: the extra stretch [0, ahead_end)
  if (prefix.defined()) {
    const Tensor p = Column::over_rows(prefix);
    if (order == Order::future)
      ahead_end = at::minimum(p, low);
    else
      high = at::maximum(high, p);
  }
  Tensor end = at::full_like(i, static_cast<double>(keys));
  if (lengths.defined()) end = at::minimum(end, Column::over_rows(lengths));
  const auto overlap = [&](const Tensor& from, const Tensor& to) {  // keys of [from,to) that exist and are near
    const auto size = [](const Tensor& a, const Tensor& b) { return (b - a).clamp_min(0); };
    const Tensor stop = at::minimum(to, end);
    if (!narrow()) return size(from, stop);
    const double w = static_cast<double>(window), s = static_cast<double>(sinks);
    Tensor near_from = at::maximum(from, i - (w - 1)), near_to = at::minimum(stop, i + w);
    if (block > 0) {
      const Tensor own = i.div(block, "floor");
      near_from = at::maximum(near_from, (own - 1) * block);
      near_to = at::minimum(near_to, (own + 2) * block);
    }
    const Tensor sink_to = stop.clamp_max(s);
    return size(near_from, near_to) + size(from, sink_to) - size(near_from, at::minimum(near_to, sink_to));
  };
  Tensor total = overlap(low, high);
  if (ahead_end.defined()) total = total + overlap(at::zeros_like(low), ahead_end);
  return total;
}

}  // namespace lx
