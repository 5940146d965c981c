// The smallest admissible rotary base for a length (Su, kexue.fm 10122): the least b with
//   sum over pairs m of cos(d b^(-m/P)) >= 0   for every distance d = 0 .. length-1,
// so that a key like the query is favoured over an unlike one wherever it stands.
#pragma once

#include <cstdint>
#include <span>

namespace lx {

/// The sum at one distance, for any frequencies.
double favour(std::span<const double> theta, double distance);

/// By the post's search: the sum is not monotone in b, so bisection would miss the least one. Three significant digits.
double smallest_base(int64_t pairs, int64_t length);

/// The first distance below `length` at which the sum is negative; -1: none.
int64_t first_unfavoured(int64_t pairs, double base, int64_t length);

}  // namespace lx
