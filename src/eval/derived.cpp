#include "eval/derived.h"

#include "base/error.h"
#include "config/yaml.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

struct LengthCrossing {
  double length = 0;
  bool beyond = false;
};

/// Where values that begin within the tolerance leave it for the first time.
LengthCrossing first_crossing(std::span<const int64_t> lengths, std::span<const double> rise, double tolerance) {
  for (size_t i = 1; i < lengths.size(); ++i) {
    if (std::isnan(rise[i])) return {static_cast<double>(lengths[i - 1]), false};
    if (rise[i] <= tolerance) continue;
    const double low = std::log(static_cast<double>(lengths[i - 1])), high = std::log(static_cast<double>(lengths[i]));
    return {std::exp(low + (high - low) * (tolerance - rise[i - 1]) / (rise[i] - rise[i - 1])), false};
  }
  return {static_cast<double>(lengths.back()), true};
}

}  // namespace

EffectiveLength effective_length(const LengthCurve& curve, int64_t from, double epsilon, double level) {
  require(epsilon > 0, "the effective length needs a tolerance above 0, got {}", epsilon);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const auto found = std::find(curve.lengths.begin(), curve.lengths.end(), from);
  const auto start = static_cast<size_t>(found - curve.lengths.begin());
  if (found == curve.lengths.end() || std::isnan(curve.losses[start].value))
    return {unknown, unknown, unknown, false, false, false};
  std::vector<double> rise, upper, lower;
  bool sure = true;
  for (size_t i = start; i < curve.losses.size(); ++i) {
    const Judgement judged = judge(difference(curve.losses[i], curve.losses[start]), level);
    sure = sure && (std::isnan(judged.value) || !std::isnan(judged.se));
    rise.push_back(judged.value);
    upper.push_back(judged.high);
    lower.push_back(judged.low);
  }
  const std::span<const int64_t> lengths(&curve.lengths[start], rise.size());
  const double tolerance = std::log1p(epsilon);
  const LengthCrossing at = first_crossing(lengths, rise, tolerance);
  if (!sure) return {at.length, unknown, unknown, at.beyond, false, false};
  const LengthCrossing low = first_crossing(lengths, upper, tolerance),
                       high = first_crossing(lengths, lower, tolerance);
  return {at.length, low.length, high.length, at.beyond, low.beyond, high.beyond};
}

Replicates log_length_area(const LengthCurve& curve) {
  require(curve.lengths.size() > 1 && curve.losses.size() == curve.lengths.size(),
          "the area under a curve needs at least two lengths, got {}", curve.lengths.size());
  const auto log_length = [&](size_t i) { return std::log(static_cast<double>(curve.lengths[i])); };
  const size_t last = curve.lengths.size() - 1;
  const double whole = log_length(last) - log_length(0);
  std::vector<std::pair<double, const Replicates*>> terms;
  for (size_t i = 0; i <= last; ++i) {
    const double width = log_length(std::min(i + 1, last)) - log_length(i == 0 ? 0 : i - 1);
    terms.emplace_back(width / 2 / whole, &curve.losses[i]);
  }
  return combination(terms);
}

bool is_super_baseline(const std::string& post_hoc, int64_t trained_length) {
  if (post_hoc.empty()) return false;
  const config::Node modifiers = config::parse_yaml(post_hoc, "the modifiers of a variant");
  if (!modifiers.is_list() || modifiers.list().size() != 1) return false;
  const config::Node& only = modifiers.list().front();
  if (only.is_string()) return only.string() == "window";
  const config::Node* window = only.is_map() && only.map().size() == 1 ? only.map().find("window") : nullptr;
  if (!window) return false;
  if (!window->is_map()) return window->is_null();
  for (const auto& [key, value] : window->map()) {
    const bool whole = value.kind() == config::Node::Kind::integer;
    if (!whole || (key == "size" ? value.integer() != 0 && value.integer() != trained_length : value.integer() != 0))
      return false;
  }
  return true;
}

}  // namespace lx
