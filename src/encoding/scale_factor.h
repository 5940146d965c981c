// How many times longer than in training the context is: stated, or read off the call.
#pragma once

#include "attention/pair_rule.h"
#include "attention/scene.h"

#include <algorithm>
#include <string_view>

namespace lx {

struct ScaleFactor {
  static constexpr std::string_view kDoc =
      "how many times longer the context is; 0: this context over the trained length";

  /// A factor of 0 follows the context ("local static": one factor for the whole pass), and is never below 1.
  static double of(double factor, const Scene& scene) {
    return of(factor, scene.context_length, scene.shape.trained_length);
  }
  static double of(double factor, const PairRule& rule) { return of(factor, rule.keys, rule.trained_length); }

 private:
  static double of(double factor, int64_t context, int64_t trained) {
    if (factor > 0) return factor;
    return std::max(1.0, static_cast<double>(context) / static_cast<double>(trained));
  }
};

}  // namespace lx
