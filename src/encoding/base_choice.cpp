#include "encoding/base_choice.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lx {
namespace {

struct Favoured {
  std::vector<double> theta;

  Favoured(int64_t pairs, double base) {
    for (int64_t m = 0; m < pairs; ++m)
      theta.push_back(std::pow(base, -static_cast<double>(m) / static_cast<double>(pairs)));
  }

  bool holds(int64_t distance) const { return favour(theta, static_cast<double>(distance)) >= 0; }
};

}  // namespace

double favour(std::span<const double> theta, double distance) {
  double sum = 0;
  for (const double t : theta) sum += std::cos(distance * t);
  return sum;
}

int64_t first_unfavoured(int64_t pairs, double base, int64_t length) {
  const Favoured favoured(pairs, base);
  for (int64_t d = 0; d < length; ++d)
    if (!favoured.holds(d)) return d;
  return -1;
}

double smallest_base(int64_t pairs, int64_t length) {
  require(pairs >= 1 && length >= 1, "a smallest base needs pairs and a length, got {} and {}", pairs, length);
  // Distances that refused earlier candidates refuse most of the next ones too: they are asked first.
  std::vector<int64_t> witnesses;
  const auto admissible = [&](double base) {
    const Favoured favoured(pairs, base);
    for (size_t w = 0; w < witnesses.size(); ++w) {
      if (favoured.holds(witnesses[w])) continue;
      std::rotate(witnesses.begin(), witnesses.begin() + static_cast<int64_t>(w),
                  witnesses.begin() + static_cast<int64_t>(w) + 1);
      return false;
    }
    for (int64_t d = 0; d < length; ++d) {
      if (favoured.holds(d)) continue;
      witnesses.insert(witnesses.begin(), d);
      if (witnesses.size() > 64) witnesses.pop_back();
      return false;
    }
    return true;
  };
  double best = 1000 * static_cast<double>(length);
  while (!admissible(best) && best < 1e15) best *= 10;
  for (double points = 10; points <= 10000; points *= 10) {
    const double step = best / points;
    for (double base = std::max(step, 1.0 + 1e-9); base < best - step / 2; base += step) {
      if (!admissible(base)) continue;
      best = base;
      break;
    }
  }
  return best;
}

}  // namespace lx
