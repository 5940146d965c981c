#include "encoding/randomized_positions.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace lx {

std::vector<double> random_subset(Random& random, int64_t count, int64_t end) {
  // Floyd's way: one draw a number, whatever `end` is.
  std::set<int64_t> chosen;
  for (int64_t last = end - count; last < end; ++last) {
    const auto one = static_cast<int64_t>(random.below(static_cast<uint64_t>(last + 1)));
    if (!chosen.insert(one).second) chosen.insert(last);
  }
  return {chosen.begin(), chosen.end()};
}

std::vector<double> random_reals(Random& random, int64_t count, double end) {
  std::vector<double> all(static_cast<size_t>(count));
  for (double& one : all) one = end * random.uniform();
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<double> even_positions(int64_t count, double step) {
  std::vector<double> all(static_cast<size_t>(count));
  for (size_t n = 0; n < all.size(); ++n) all[n] = step * static_cast<double>(n);
  return all;
}

double random_exponential(Random& random, double mean) { return -mean * std::log(1 - random.uniform()); }

namespace {

/// The logarithm of a Gamma(shape, 1) number (Marsaglia and Tsang 2000): small shapes give numbers no double can hold.
double log_gamma_number(Random& random, double shape) {
  if (shape < 1) return log_gamma_number(random, shape + 1) + std::log(1 - random.uniform()) / shape;
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - random.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

}  // namespace

double random_beta(Random& random, double mean, double concentration) {
  const double a = log_gamma_number(random, mean * concentration);
  const double b = log_gamma_number(random, (1 - mean) * concentration);
  return 1 / (1 + std::exp(b - a));
}

}  // namespace lx
