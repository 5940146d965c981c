// The values of range(start,stop,step): integers exactly, floats in steps of their decimal text (as Hydra 1.4 does), so
// that range(0,1,0.1) holds 0.7 rather than 0.7000000000000001.
#include "base/error.h"
#include "base/text.h"
#include "config/evaluate.h"
#include "config/scalar.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lx::config {

namespace {

constexpr size_t kMostInRange = 1'000'000;

// digits * 10^exponent
struct DecimalNumber {
  __int128 digits = 0;
  int exponent = 0;

  static DecimalNumber of(double value) {
    const std::string text = format_double(value);
    DecimalNumber out;
    size_t at = text[0] == '-' ? 1 : 0;
    bool fraction = false;
    for (; at < text.size() && text[at] != 'e'; ++at) {
      if (text[at] == '.') {
        fraction = true;
      } else {
        out.digits = out.digits * 10 + (text[at] - '0');
        out.exponent -= fraction;
      }
    }
    if (at < text.size()) out.exponent += std::atoi(text.c_str() + at + 1);
    while (out.digits != 0 && out.digits % 10 == 0) out.digits /= 10, ++out.exponent;
    if (out.digits == 0) out.exponent = 0;
    if (text[0] == '-') out.digits = -out.digits;
    return out;
  }

  // The digits at a smaller exponent; false when they become too many.
  bool scaled(int to, __int128& out) const {
    constexpr __int128 most = __int128{1} << 120;
    out = digits;
    for (int e = exponent; out != 0 && e > to; --e) {
      if (out > most / 10 || out < -most / 10) return false;
      out *= 10;
    }
    return true;
  }

  double value() const {
    std::string text;
    __int128 rest = digits < 0 ? -digits : digits;
    do text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    while ((rest /= 10) != 0);
    return std::strtod(fmt::format("{}{}e{}", digits < 0 ? "-" : "", text, exponent).c_str(), nullptr);
  }
};

struct RangeLister {
  const Place& place;
  std::vector<Node> values = {};

  void count(size_t so_far) const {
    if (so_far >= kMostInRange) fail_at(place, "a range of more than a million values");
  }

  void integers(int64_t start, int64_t stop, int64_t step) {
    for (int64_t at = start; step > 0 ? at < stop : at > stop;) {
      count(values.size());
      values.emplace_back(at);
      if (__builtin_add_overflow(at, step, &at)) break;
    }
  }

  void decimals(double start, double stop, double step) {
    const DecimalNumber a = DecimalNumber::of(start), b = DecimalNumber::of(stop), c = DecimalNumber::of(step);
    const int exponent = std::min({a.exponent, b.exponent, c.exponent});
    __int128 first = 0, last = 0, stride = 0;
    if (!a.scaled(exponent, first) || !b.scaled(exponent, last) || !c.scaled(exponent, stride)) {
      // Numbers of such different sizes share no decimal places worth keeping.
      for (size_t i = 0;; ++i) {
        const double at = start + step * static_cast<double>(i);
        if (step > 0 ? at >= stop : at <= stop) return;
        count(i);
        values.emplace_back(at);
      }
    }
    for (__int128 at = first; stride > 0 ? at < last : at > last; at += stride) {
      count(values.size());
      values.emplace_back(DecimalNumber{at, exponent}.value());
    }
  }
};

}  // namespace

std::vector<Node> range_values(const Evaluated& range, const Place& place) {
  const auto whole = [](const Node& node) { return node.kind() == Node::Kind::integer; };
  for (const Node* bound : {&range.start, &range.stop, &range.step})
    if (!std::isfinite(bound->real()))
      fail_at(place, fmt::format("range(): '{}' cannot bound a list of values", python_text(*bound)));
  if (range.step.real() == 0)
    fail_at(place, fmt::format("Invalid range values (start:{}, stop:{}, step:{})", python_text(range.start),
                               python_text(range.stop), python_text(range.step)));
  RangeLister lister{place};
  if (whole(range.start) && whole(range.stop) && whole(range.step))
    lister.integers(range.start.integer(), range.stop.integer(), range.step.integer());
  else
    lister.decimals(range.start.real(), range.stop.real(), range.step.real());
  std::vector<Node>& values = lister.values;
  if (range.order != Evaluated::Order::as_written &&
      (range.step.real() > 0) != (range.order == Evaluated::Order::ascending))
    std::reverse(values.begin(), values.end());
  if (range.shuffle) shuffle_items(values, *range.shuffle);
  return std::move(values);
}

}  // namespace lx::config
