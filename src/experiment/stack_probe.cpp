#include "experiment/stack_probe.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

struct ProbeNumbers {
  static std::vector<double> of(const Tensor& tensor) {
    if (!tensor.defined()) return {};
    const Tensor flat = tensor.detach().to(at::kDouble).contiguous().view({-1});
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
  }

  /// [H,n] -> a list a head; one for all when they are alike.
  static std::vector<std::vector<double>> by_head(const Tensor& table) {
    std::vector<std::vector<double>> heads;
    for (int64_t h = 0; h < table.size(0); ++h) heads.push_back(of(table[h]));
    const bool alike = std::all_of(heads.begin(), heads.end(), [&](const auto& head) { return head == heads.front(); });
    if (alike) heads.resize(std::min<size_t>(heads.size(), 1));
    return heads;
  }

  static Ranges ranges(const bool* seen, int64_t keys) {
    Ranges all;
    for (int64_t key = 0; key < keys; ++key) {
      if (!seen[key]) continue;
      if (!all.empty() && all.back().second == key)
        ++all.back().second;
      else
        all.emplace_back(key, key + 1);
    }
    return all;
  }

  /// Numbers i in [0, n) with i mod block >= least.
  static int64_t late_in_block(int64_t n, int64_t block, int64_t least) {
    return n / block * (block - least) + std::max<int64_t>(0, n % block - least);
  }
};

constexpr int64_t kPairsCounted = int64_t{1} << 22;  // beyond, queries are sampled

}  // namespace

void PositionCount::add(double position, double count) {
  pairs[position] += count;
  total += count;
}

StackProbe::StackProbe(const Stack& stack, int64_t length, bool training, Order sees, uint64_t draw)
    : stack_(stack), length_(length), training_(training), sees_(sees) {
  const at::NoGradGuard off;
  Given given;
  given.draw = draw;
  given.visible.order = sees;
  layout_ = stack.layout(length, given, training);
  const Tensor nothing = at::empty({1, 1, length, 0}, at::kDouble);
  places_.unit = layout_.bands.unit;
  for (const Band& band : layout_.bands.list)
    places_.views.push_back({band.from, nothing, nothing, band.query, band.key});
  places_.views.front().from = kFromEverywhere;
}

bool StackProbe::positions_read() const {
  const Questions questions = stack_.questions(training_);
  return layout_.frequencies.turning() || questions.bias || questions.rewrite || questions.embed;
}

std::vector<double> StackProbe::theta() const { return ProbeNumbers::of(layout_.frequencies.theta); }
std::vector<double> StackProbe::growth() const { return ProbeNumbers::of(layout_.frequencies.growth); }

StackProbe::Row StackProbe::rows(int64_t first, int64_t count) const {
  return {relative_positions(places_, first, count)[0].contiguous(),
          layout_.visible.mask(first, count, 0, length_)[0][0].expand({count, length_}).contiguous()};
}

RowView StackProbe::row(int64_t query) const {
  const Row one = rows(query, 1);
  return {query, ProbeNumbers::of(one.relative), ProbeNumbers::ranges(one.visible.data_ptr<bool>(), length_)};
}

GridView StackProbe::grid(int64_t rows_wanted, int64_t columns_wanted) const {
  GridView grid{std::min(rows_wanted, length_), std::min(columns_wanted, length_), {}, {}};
  for (int64_t r = 0; r < grid.rows; ++r) {
    const RowView row = this->row((r + 1) * length_ / grid.rows - 1);
    for (int64_t c = 0; c < grid.columns; ++c) {
      const int64_t low = c * length_ / grid.columns, high = (c + 1) * length_ / grid.columns;
      double seen = 0, sum = 0;
      for (const auto& [from, to] : row.visible) {
        for (int64_t key = std::max(from, low); key < std::min(to, high); ++key, ++seen)
          sum += row.relative[static_cast<size_t>(key)];
      }
      grid.visible.push_back(seen / static_cast<double>(high - low));
      grid.relative.push_back(seen > 0 ? sum / seen : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return grid;
}

std::vector<double> StackProbe::by_distance() const {
  const Visibility& visible = layout_.visible;
  if (layout_.bands.unit != 1 || visible.order != Order::past || visible.prefix.defined() || visible.lengths.defined())
    return {};
  for (const Band& band : layout_.bands.list) {
    if (band.query.dim() != 1 || band.key.dim() != 1) return {};
    const Tensor offset = band.query - band.key, step = band.key.slice(0, 1) - band.key.slice(0, 0, length_ - 1);
    const auto same = [](const Tensor& x) { return x.numel() == 0 || (x - x[0]).abs().max().item<double>() < 1e-9; };
    if (!same(offset) || !same(step)) return {};
  }
  std::vector<double> position(static_cast<size_t>(length_));
  for (const Band& band : layout_.bands.list) {
    const std::vector<double> query = ProbeNumbers::of(band.query);
    const double key = band.key[0].item<double>();
    for (int64_t d = std::max<int64_t>(band.from, 0); d < length_; ++d)
      position[static_cast<size_t>(d)] = query[static_cast<size_t>(d)] - key;
  }
  return position;
}

/// How many queries see the key this far back.
int64_t StackProbe::pairs_at(int64_t distance) const {
  const Visibility& v = layout_.visible;
  const int64_t queries = length_ - distance, at_sinks = std::min(queries, v.sinks);
  if (distance >= v.window || (v.block > 0 && distance >= 2 * v.block)) return at_sinks;
  if (v.block == 0 || distance <= v.block) return queries;
  const int64_t least = distance - v.block;
  return at_sinks + ProbeNumbers::late_in_block(length_, v.block, least) -
         ProbeNumbers::late_in_block(distance + at_sinks, v.block, least);
}

PositionCount StackProbe::count_positions() const {
  PositionCount all;
  if (const std::vector<double> position = by_distance(); !position.empty()) {
    for (int64_t d = 0; d < length_; ++d) {
      const int64_t pairs = pairs_at(d);
      if (pairs > 0) all.add(position[static_cast<size_t>(d)], static_cast<double>(pairs));
    }
    return all;
  }
  all.sampled_every = std::max<int64_t>(1, (length_ * length_ + kPairsCounted - 1) / kPairsCounted);
  const int64_t block = all.sampled_every == 1 ? 64 : 1;
  for (int64_t query = (length_ - 1) % all.sampled_every; query < length_; query += all.sampled_every * block) {
    const Row some = rows(query, std::min(block, length_ - query));
    // Sums of fractions differ in their last digits: they are one position.
    const Tensor seen = (some.relative.masked_select(some.visible) * 1e9).round() / 1e9;
    const auto [position, inverse, count] = at::_unique2(seen, true, false, true);
    const std::vector<double> positions = ProbeNumbers::of(position), counts = ProbeNumbers::of(count);
    for (size_t n = 0; n < positions.size(); ++n)
      all.add(positions[n], counts[n] * static_cast<double>(all.sampled_every));
  }
  return all;
}

std::vector<std::vector<double>> StackProbe::bias(const std::vector<double>& distance) const {
  const at::NoGradGuard off;
  Tensor sum;
  for (const Stack::Item& item : stack_.items()) {
    if (!item.questions.bias || !item.acts(training_)) continue;
    const Tensor one = item.modifier->bias(at::tensor(distance, at::kDouble), layout_.scene).to(at::kDouble);
    sum = sum.defined() ? sum + one : one;
  }
  if (!sum.defined()) return {};
  return ProbeNumbers::by_head(sum.expand({stack_.shape().heads, static_cast<int64_t>(distance.size())}));
}

std::vector<std::vector<double>> StackProbe::gain(const std::vector<int64_t>& query) const {
  if (!layout_.gain.defined()) return {};
  const Tensor all = layout_.gain[0].expand({layout_.gain.size(1), length_});  // [1 or H,T]
  const Tensor some = all.index_select(1, at::tensor(query, at::kLong));
  return ProbeNumbers::by_head(some.detach() * std::sqrt(static_cast<double>(stack_.shape().head_dim)));
}

StackProbe::Added StackProbe::added() const {
  const at::NoGradGuard off;
  Added result;
  Addends addends;
  for (const Stack::Item& item : stack_.items()) {
    if (!item.acts(training_)) continue;
    if (item.modifier->traits().reads_input)
      result.data_dependent.push_back(item.name);
    else
      item.modifier->add(addends, layout_.scene);
    if (item.questions.rewrite) result.rewrites.push_back(item.name);
  }
  result.sink = ProbeNumbers::of(addends.sink);
  if (addends.log_gate.defined()) result.gate = ProbeNumbers::of(addends.log_gate[0].select(-1, -1));
  return result;
}

}  // namespace lx
