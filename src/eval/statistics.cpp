// Ratio means over clusters, paired differences, Student's t.
#include "eval/statistics.h"

#include "base/error.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace lx {
namespace {

struct Totals {
  double sum = 0, count = 0;
  int64_t clusters = 0;
  double mean() const { return sum / count; }
};

Totals totals_of(std::span<const Cluster> clusters) {
  Totals totals;
  for (const Cluster& cluster : clusters) {
    totals.sum += cluster.sum;
    totals.count += cluster.count;
    totals.clusters += cluster.count > 0;
  }
  return totals;
}

// What each cluster moves the mean by.
double influence(const Cluster& cluster, const Totals& totals) {
  return (cluster.sum - totals.mean() * cluster.count) / totals.count;
}

double standard_error(double squares, int64_t clusters) {
  if (clusters < 2) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(squares * static_cast<double>(clusters) / static_cast<double>(clusters - 1));
}

// The continued fraction of the incomplete beta function, by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto guarded = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1, d = 1 / guarded(1 - (a + b) * x / (a + 1)), result = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 / guarded(1 + term * d);
      c = guarded(1 + term / c);
      step = c * d;
      result *= step;
    }
    if (std::abs(step - 1) < 1e-14) break;
  }
  return result;
}

double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

// P(T <= t) for t >= 0.
double t_probability(double t, double freedom) { return 1 - 0.5 * t_two_sided(t, freedom); }

}  // namespace

Estimate clustered_mean(std::span<const Cluster> clusters) {
  const Totals totals = totals_of(clusters);
  double squares = 0;
  for (const Cluster& cluster : clusters) squares += std::pow(influence(cluster, totals), 2);
  return {totals.mean(), standard_error(squares, totals.clusters), totals.clusters,
          static_cast<int64_t>(std::llround(totals.count))};
}

Estimate paired_difference(std::span<const Cluster> a, std::span<const Cluster> b) {
  require(a.size() == b.size(), "a paired difference needs the same documents on both sides, got {} and {}", a.size(),
          b.size());
  const Totals total_a = totals_of(a), total_b = totals_of(b);
  double squares = 0;
  int64_t clusters = 0;
  for (size_t g = 0; g < a.size(); ++g) {
    squares += std::pow(influence(a[g], total_a) - influence(b[g], total_b), 2);
    clusters += a[g].count > 0 || b[g].count > 0;
  }
  return {total_a.mean() - total_b.mean(), standard_error(squares, clusters), clusters,
          static_cast<int64_t>(std::llround(total_a.count))};
}

double t_quantile(double p, double freedom) {
  require(p > 0 && p < 1 && freedom > 0, "no quantile of Student's t for p = {} and {} degrees of freedom", p, freedom);
  if (p < 0.5) return -t_quantile(1 - p, freedom);
  double low = 0, high = 1;
  while (t_probability(high, freedom) < p) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
    const double middle = (low + high) / 2;
    (t_probability(middle, freedom) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double t_two_sided(double t, double freedom) {
  require(freedom > 0, "Student's t has more than {} degrees of freedom", freedom);
  return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

Interval confidence_interval(const Estimate& estimate, double level) {
  require(level > 0 && level < 1, "a confidence level lies between 0 and 1, got {}", level);
  if (estimate.clusters < 2) {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    return {unknown, unknown};
  }
  const double reach = t_quantile(0.5 + level / 2, static_cast<double>(estimate.clusters - 1)) * estimate.se;
  return {estimate.mean - reach, estimate.mean + reach};
}

double perplexity(double nats_per_token) { return std::exp(nats_per_token); }

double bits_per_byte(double nats_per_token, double bytes_per_token) {
  return nats_per_token / std::numbers::ln2 / bytes_per_token;
}

}  // namespace lx
