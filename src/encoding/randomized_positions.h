// The laws that random positions are drawn from, in plain numbers, so that they can be judged without any attention.
#pragma once

#include "base/random.h"

#include <cstdint>
#include <vector>

namespace lx {

/// `count` distinct whole numbers below `end`, rising; every subset is equally likely. count <= end.
std::vector<double> random_subset(Random& random, int64_t count, int64_t end);
/// `count` uniform numbers from [0, end), rising.
std::vector<double> random_reals(Random& random, int64_t count, double end);
/// 0, step, 2 step, ...
std::vector<double> even_positions(int64_t count, double step);

double random_exponential(Random& random, double mean);
/// From (0, 1), by Beta(a, b) with a / (a + b) = mean and a + b = concentration: the variance is
/// mean (1 - mean) / (concentration + 1).
double random_beta(Random& random, double mean, double concentration);

}  // namespace lx
