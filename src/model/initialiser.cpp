#include "model/initialiser.h"

#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {
constexpr double kTruncationLoss = 1.13684723;  // 1 / deviation of a standard normal cut at two deviations
thread_local int undrawn_weights = 0;
}  // namespace

UndrawnWeights::UndrawnWeights() { ++undrawn_weights; }
UndrawnWeights::~UndrawnWeights() { --undrawn_weights; }

Tensor Initialiser::matrix(const std::string& name, int64_t outputs, int64_t inputs, bool residual, int order) const {
  if (undrawn_weights > 0) return at::empty({outputs, inputs});
  Random random = random_.fork(name);
  if (config_.scheme == InitScheme::normal) {
    const double shrink = residual ? 1 / std::sqrt(2.0 * static_cast<double>(layers_)) : 1;
    return normal_tensor(random, {outputs, inputs}).mul_(config_.std * shrink);
  }
  const double depth = std::pow(static_cast<double>(layers_), -1.0 / order);
  return truncated_normal_tensor(random, {outputs, inputs})
      .mul_(kTruncationLoss / std::sqrt(static_cast<double>(inputs)) * depth);
}

Tensor Initialiser::embedding(const std::string& name, int64_t vocabulary, int64_t width) const {
  if (undrawn_weights > 0) return at::empty({vocabulary, width});
  Random random = random_.fork(name);
  // Su's code takes the width as fan for tables of more than 10000 or fewer than 10 rows and the row count in between;
  // a byte vocabulary falls in between by accident, so the width is meant here too.
  const double own = config_.scheme == InitScheme::normal ? config_.std : 1 / std::sqrt(static_cast<double>(width));
  return normal_tensor(random, {vocabulary, width}).mul_(config_.embedding_std > 0 ? config_.embedding_std : own);
}

}  // namespace lx
