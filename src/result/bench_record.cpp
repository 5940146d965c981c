#include "result/bench_record.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

/// Between neighbours where no value stands there itself.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(std::floor(place));
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> each_second(const BenchRow& row, double amount) {
  std::vector<double> rates;
  for (const double seconds : row.seconds) rates.push_back(amount / seconds);
  return rates;
}

std::vector<double> quotients(const std::vector<double>& over, const std::vector<double>& under) {
  std::vector<double> all;
  for (size_t i = 0; i < std::min(over.size(), under.size()); ++i)
    if (under[i] > 0) all.push_back(over[i] / under[i]);
  return all;
}

}  // namespace

Spread spread(std::vector<double> values) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {none, none, none};
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

std::vector<double> tokens_per_second(const BenchRow& row) { return each_second(row, row.tokens); }
std::vector<double> operations_per_second(const BenchRow& row) { return each_second(row, row.operations); }

std::vector<double> share_of_roof(const BenchRow& row, const BenchCell& cell) {
  return quotients(operations_per_second(row), cell.roof);
}

const BenchRow* reference_of(const BenchRecord& record, const BenchRow& row) {
  const int64_t reference = record.cells[static_cast<size_t>(row.cell)].reference;
  if (reference < 0) return nullptr;
  for (const BenchRow& other : record.rows) {
    if (other.cell == reference && other.part == row.part && (row.part != "eval" || other.length == row.length))
      return &other;
  }
  return nullptr;
}

std::vector<double> ratios(const BenchRow& row, const BenchRow& reference) {
  return quotients(tokens_per_second(row), tokens_per_second(reference));
}

}  // namespace lx
