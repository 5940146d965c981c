// What a deep residual model must shrink so that its first step changes its output by no more than a shallow one's
// (DeepNorm: Wang 2022, arXiv 2203.00555; the table by kind of optimizer: Su 2022, kexue.fm 8978).
#pragma once

#include "config/field.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

namespace lx {

/// By how far one step moves a weight: with its gradient (sgd), by about the learning rate (adam), by about the
/// learning rate times the weight's own size (lamb; tiger and Lion with such a rule are of this kind).
enum class DeepNorm { none, sgd, adam, lamb };
template <>
struct config::EnumNames<DeepNorm> {
  static constexpr std::array<std::pair<std::string_view, DeepNorm>, 4> names{
      {{"none", DeepNorm::none}, {"sgd", DeepNorm::sgd}, {"adam", DeepNorm::adam}, {"lamb", DeepNorm::lamb}}};
};

/// Factor of x in norm(alpha x + f(x)), with N blocks of two residual branches: (2N)^(1/4) for sgd, (2N)^(1/2) for
/// adam.
inline double deep_norm_alpha(DeepNorm deep, int64_t blocks) {
  const double branches = 2.0 * static_cast<double>(blocks);
  return deep == DeepNorm::sgd ? std::pow(branches, 0.25) : deep == DeepNorm::adam ? std::sqrt(branches) : 1;
}

/// Factor of the starting weights of a residual branch, each matrix of it: (2N)^(-1/4) for sgd, else (2N)^(-1/2).
inline double deep_norm_lambda(DeepNorm deep, int64_t blocks) {
  if (deep == DeepNorm::none) return 1;
  return std::pow(2.0 * static_cast<double>(blocks), deep == DeepNorm::sgd ? -0.25 : -0.5);
}

}  // namespace lx
