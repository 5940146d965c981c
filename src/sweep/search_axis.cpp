#include "sweep/search_axis.h"

#include "base/error.h"
#include "base/text.h"
#include "config/node.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lx {
namespace {

struct IntervalValue {
  double low, high;
  bool log;

  double at(double share) const {
    if (!log) return low + share * (high - low);
    return std::exp(std::log(low) + share * (std::log(high) - std::log(low)));
  }

  /// The shortest number that lies within a millionth of the interval from `value`, and inside.
  double readable(double value) const {
    for (int digits = 4; digits < 17; ++digits) {
      const double shorter = std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
      const double error =
          log ? std::abs(std::log(shorter / value)) / std::log(high / low) : std::abs(shorter - value) / (high - low);
      if (error < 1e-6 && shorter >= low && shorter < high) return shorter;
    }
    return std::clamp(value, low, std::nextafter(high, low));
  }
};

std::string integer_at(const config::SweepInterval& interval, bool log, double share) {
  const int64_t low = std::llround(interval.low), high = std::llround(interval.high);
  const auto first = static_cast<double>(low), last = static_cast<double>(high);
  // Half a step around each, so that the ends are no rarer than what lies between.
  const double drawn = log ? std::round(IntervalValue{first - 0.5, last + 0.5, true}.at(share))
                           : first + std::floor(share * (last - first + 1));
  return std::to_string(std::clamp(static_cast<int64_t>(drawn), low, high));
}

}  // namespace

void check_search_axis(const config::SweepAxis& axis) {
  const auto refuse = [&](const std::string& why) {
    config::fail_at(axis.place, fmt::format("{}: {}", axis.key, why));
  };
  for (const std::string& tag : axis.tags)
    if (tag != "log") refuse(fmt::format("the tag '{}' means nothing to a search; it knows `log`", tag));
  if (axis.is_log() && !axis.interval) refuse("tag(log, ...) goes with an interval");
  if (!axis.interval) {
    if (axis.values.empty()) refuse("the range is empty");
    return;
  }
  const double low = axis.interval->low;
  if (axis.is_log() && (axis.interval->integer ? low < 1 : low <= 0))
    refuse(fmt::format("tag(log, ...) wants positive numbers, and the interval begins at {}", format_double(low)));
}

std::string value_at(const config::SweepAxis& axis, double share) {
  if (!axis.interval) {
    const auto at = static_cast<size_t>(share * static_cast<double>(axis.values.size()));
    return axis.values[std::min(at, axis.values.size() - 1)];
  }
  if (axis.interval->integer) return integer_at(*axis.interval, axis.is_log(), share);
  const IntervalValue interval{axis.interval->low, axis.interval->high, axis.is_log()};
  return format_double(interval.readable(interval.at(share)));
}

}  // namespace lx
