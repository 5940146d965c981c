#include "model/initialiser.h"

#include "base/error.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {
constexpr double kTruncationLoss = 1.13684723;  // 1 / deviation of a standard normal cut at two deviations
thread_local int undrawn_weights = 0;
}  // namespace

UndrawnWeights::UndrawnWeights() { ++undrawn_weights; }
UndrawnWeights::~UndrawnWeights() { --undrawn_weights; }

Initialiser::Initialiser(InitConfig config, int64_t layers, Random random, DeepNorm deep)
    : config_(config), layers_(layers), random_(random), deep_(deep) {
  require(config.embedding_std == 0 || config.embedding == EmbeddingStart::scheme,
          "model.init: embedding_std ({}) and embedding: {} both say how embeddings start: give one",
          config.embedding_std, lx::config::enum_name(config.embedding));
}

// A model has one rule of depth: a DeepNorm factor on top of a scheme's own would shrink the branches twice.
double Initialiser::depth_factor(bool residual, int order) const {
  if (deep_ != DeepNorm::none) return deep_norm_lambda(deep_, layers_);
  if (config_.scheme != InitScheme::normal) return std::pow(static_cast<double>(layers_), -1.0 / order);
  return residual ? 1 / std::sqrt(2.0 * static_cast<double>(layers_)) : 1;
}

Tensor Initialiser::matrix(const std::string& name, int64_t outputs, int64_t inputs, bool residual, int order) const {
  if (undrawn_weights > 0) return at::empty({outputs, inputs});
  const double depth = depth_factor(residual, order), fan = static_cast<double>(inputs);
  Random random = random_.fork(name);
  switch (config_.scheme) {
    case InitScheme::normal:
      return normal_tensor(random, {outputs, inputs}).mul_(config_.std * depth);
    case InitScheme::orthogonal:  // more outputs than inputs: entries as large as those of the scaled scheme
      return orthogonal(name, outputs, inputs)
          .mul_(std::sqrt(std::max(1.0, static_cast<double>(outputs) / fan)) * depth);
    case InitScheme::scaled:
      break;
  }
  return truncated_normal_tensor(random, {outputs, inputs}).mul_(kTruncationLoss / std::sqrt(fan) * depth);
}

Tensor Initialiser::orthogonal(const std::string& name, int64_t outputs, int64_t inputs) const {
  Random random = random_.fork(name);
  const int64_t more = std::max(outputs, inputs), fewer = std::min(outputs, inputs);
  const auto [q, r] = at::linalg_qr(normal_tensor(random, {more, fewer}).to(at::kDouble));
  // The signs of R's diagonal are the library's choice; without them each orthogonal matrix is equally likely.
  const Tensor columns = (q * r.diagonal().sign()).to(at::kFloat);
  return (outputs >= inputs ? columns : columns.t()).contiguous();
}

Tensor Initialiser::embedding(const std::string& name, int64_t vocabulary, int64_t width) const {
  if (undrawn_weights > 0) return at::empty({vocabulary, width});
  Random random = random_.fork(name);
  // Su's code takes the width as fan for tables of more than 10000 or fewer than 10 rows and the row count in between;
  // a byte vocabulary falls in between by accident, so the width is meant here too. His code also draws embeddings from
  // the matrices' truncated normal with its factor by depth; embeddings lie outside the residual branches, so here they
  // have the plain 1/sqrt(width) of his analysis of tied outputs (kexue.fm 9698).
  const double columns = static_cast<double>(width);
  double own = config_.scheme == InitScheme::normal ? config_.std : 1 / std::sqrt(columns);
  if (config_.embedding == EmbeddingStart::log_vocabulary) own = std::log(static_cast<double>(vocabulary)) / columns;
  return normal_tensor(random, {vocabulary, width}).mul_(config_.embedding_std > 0 ? config_.embedding_std : own);
}

}  // namespace lx
