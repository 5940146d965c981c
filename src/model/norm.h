// Normalisation: which kind, and where it stands in a residual branch.
#pragma once

#include "config/fields.h"
#include "model/deep_norm.h"
#include "model/stream.h"
#include "ops/norm.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

namespace lx {

enum class NormKind { layer, rms };
enum class NormPlace { pre, post, sandwich };
template <>
struct config::EnumNames<NormKind> {
  static constexpr std::array<std::pair<std::string_view, NormKind>, 2> names{
      {{"layer", NormKind::layer}, {"rms", NormKind::rms}}};
};
template <>
struct config::EnumNames<NormPlace> {
  static constexpr std::array<std::pair<std::string_view, NormPlace>, 3> names{
      {{"pre", NormPlace::pre}, {"post", NormPlace::post}, {"sandwich", NormPlace::sandwich}}};
};

struct NormConfig {
  NormKind kind = NormKind::layer;
  NormPlace place = NormPlace::pre;
  DeepNorm deep = DeepNorm::none;
  bool gain = true, bias = false;
  double eps = 1e-5;
  static constexpr auto fields() {
    return std::tuple{
        config::field("kind", &NormConfig::kind, "layer normalisation, or root mean square"),
        config::field("place", &NormConfig::place,
                      "pre: x + f(norm(x)); post: norm(x + f(x)); sandwich: x + norm_out(f(norm(x)))"),
        config::field("deep", &NormConfig::deep,
                      "for deep models, by the kind of optimizer (lamb: steps in proportion to a weight's size, tiger "
                      "too): post-norm reads norm(alpha x + f(x)), and the branches' weights start smaller"),
        config::field("gain", &NormConfig::gain, "learn a gain per channel"),
        config::field("bias", &NormConfig::bias, "learn an offset per channel (layer only)"),
        config::field("eps", &NormConfig::eps, "added to the variance", config::positive())};
  }
};

/// x [...,C] -> [...,C] of the given type, normalised over C.
class Norm : public torch::nn::Module {
 public:
  Norm(const NormConfig& config, int64_t width);
  Tensor forward(const Tensor& x, at::ScalarType type) const { return norm_rows(x, norm_, type); }
  /// The norm of the stream, in which alpha x + pending has become x.
  Tensor read(Stream& stream, double alpha, at::ScalarType type) const;

 private:
  RowNorm norm_;
};

/// True when the stream that leaves the last block is not normalised: the model then norms it before the readout.
constexpr bool needs_final_norm(const NormConfig& config) { return config.place != NormPlace::post; }

}  // namespace lx
