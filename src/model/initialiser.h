// Starting values of weights. Every tensor draws from a stream named after it, so adding a layer or an option moves no
// other tensor's values.
#pragma once

#include "base/random.h"
#include "config/fields.h"
#include "tensor/tensor.h"

#include <string>

namespace lx {

enum class InitScheme { scaled, normal };
template <>
struct config::EnumNames<InitScheme> {
  static constexpr std::array<std::pair<std::string_view, InitScheme>, 2> names{
      {{"scaled", InitScheme::scaled}, {"normal", InitScheme::normal}}};
};

struct InitConfig {
  InitScheme scheme = InitScheme::scaled;
  double std = 0.02;
  double embedding_std = 0;
  static constexpr auto fields() {
    return std::tuple{
        config::field(
            "scheme", &InitConfig::scheme,
            "scaled: truncated normal of deviation 1/sqrt(inputs) * layers^(-1/order) (Su's GAU-alpha; DeepNorm's "
            "role); normal: deviation `std`, residual outputs divided by sqrt(2 layers) (GPT-2)"),
        config::field("std", &InitConfig::std, "deviation of the normal scheme", config::positive()),
        config::field("embedding_std", &InitConfig::embedding_std,
                      "deviation of token embeddings; 0: the scheme's own (scaled: 1/sqrt(width), normal: std)",
                      config::not_negative())};
  }
};

/// While one lives, this thread draws no weights: matrices hold anything. For what asks for shapes only, where drawing
/// a large model would take its time.
class UndrawnWeights {
 public:
  UndrawnWeights();
  ~UndrawnWeights();
  UndrawnWeights(const UndrawnWeights&) = delete;
  UndrawnWeights& operator=(const UndrawnWeights&) = delete;
};

class Initialiser {
 public:
  /// `order`: weight matrices multiplied along one residual branch (attention and feed-forward 2, GAU 3).
  Initialiser(InitConfig config, int64_t layers, Random random) : config_(config), layers_(layers), random_(random) {}

  Initialiser fork(const std::string& name) const { return {config_, layers_, random_.fork(name)}; }
  const Random& random() const { return random_; }

  /// [outputs, inputs]. `residual`: its output is added to the residual stream.
  Tensor matrix(const std::string& name, int64_t outputs, int64_t inputs, bool residual, int order = 2) const;
  /// [vocabulary, width]
  Tensor embedding(const std::string& name, int64_t vocabulary, int64_t width) const;

 private:
  InitConfig config_;
  int64_t layers_;
  Random random_;
};

}  // namespace lx
