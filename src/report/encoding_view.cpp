#include "report/encoding_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx {

std::string in_ranges(const std::vector<int64_t>& numbers) {
  std::string out;
  for (size_t from = 0, to = 0; from < numbers.size(); from = to) {
    to = from + 1;
    while (to < numbers.size() && numbers[to] == numbers[to - 1] + 1) ++to;
    if (!out.empty()) out += ", ";
    out += std::to_string(numbers[from]);
    if (to - from > 1) out += (to - from > 2 ? "-" : ", ") + std::to_string(numbers[to - 1]);
  }
  return out;
}

std::string brief(double value) {
  if (std::isnan(value)) return "-";
  // Powers and sums of fractions miss whole numbers by their last digits.
  const double whole = std::round(value);
  if (std::abs(value - whole) <= 1e-12 * std::abs(value) && std::abs(value) < 1e9)
    return fmt::format("{:.0f}", whole + 0.0);
  return fmt::format("{:.4g}", value);
}

std::vector<Stretch> stretches(const RowView& row) {
  std::vector<Stretch> all;
  const auto at = [&](int64_t key) { return row.relative[static_cast<size_t>(key)]; };
  for (const auto& [from, to] : row.visible) {
    for (int64_t key = from; key < to; ++key) {
      Stretch* open = all.empty() || all.back().to != key || key == from ? nullptr : &all.back();
      const double step = open ? at(key) - open->last : 0;
      const bool fits = open && (open->to - open->from == 1 || std::abs(step - open->step) < 1e-9);
      if (!fits) {
        all.push_back({key, key + 1, at(key), at(key), 0});
        continue;
      }
      // A pair of keys says little about a step: a lone key before a stretch of its own joins it only if three agree.
      if (open->to - open->from == 1 && key + 1 < to && std::abs(at(key + 1) - at(key) - step) > 1e-9) {
        all.push_back({key, key + 1, at(key), at(key), 0});
        continue;
      }
      open->step = step;
      open->last = at(key);
      ++open->to;
    }
  }
  return all;
}

}  // namespace lx
