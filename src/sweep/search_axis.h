// A key that a search varies: from a number in [0, 1) to its value, written as an override writes it.
#pragma once

#include "config/sweep.h"

#include <string>

namespace lx {

/// Throws Error with the place for an axis that cannot be searched: an empty range, log of what is not positive, a tag
/// that means nothing here.
void check_search_axis(const config::SweepAxis& axis);

/// interval: uniform in it, with tag(log) in its logarithm; int(interval): each integer, both ends included; range and
/// choice: equal shares. Numbers of an interval have no more digits than a search can make use of.
std::string value_at(const config::SweepAxis& axis, double share);

}  // namespace lx
