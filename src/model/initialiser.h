// Starting values of weights. Every tensor draws from a stream named after it, so adding a layer or an option moves no
// other tensor's values.
#pragma once

#include "base/random.h"
#include "config/fields.h"
#include "model/deep_norm.h"
#include "tensor/tensor.h"

#include <string>

namespace lx {

enum class InitScheme { scaled, normal, orthogonal };
template <>
struct config::EnumNames<InitScheme> {
  static constexpr std::array<std::pair<std::string_view, InitScheme>, 3> names{
      {{"scaled", InitScheme::scaled}, {"normal", InitScheme::normal}, {"orthogonal", InitScheme::orthogonal}}};
};

enum class EmbeddingStart { scheme, log_vocabulary };
template <>
struct config::EnumNames<EmbeddingStart> {
  static constexpr std::array<std::pair<std::string_view, EmbeddingStart>, 2> names{
      {{"scheme", EmbeddingStart::scheme}, {"log_vocabulary", EmbeddingStart::log_vocabulary}}};
};

struct InitConfig {
  InitScheme scheme = InitScheme::scaled;
  double std = 0.02;
  EmbeddingStart embedding = EmbeddingStart::scheme;
  double embedding_std = 0;
  static constexpr auto fields() {
    return std::tuple{
        config::field(
            "scheme", &InitConfig::scheme,
            "scaled: truncated normal of deviation 1/sqrt(inputs) * layers^(-1/order) (Su's GAU-alpha; DeepNorm's "
            "role); normal: deviation `std`, residual outputs divided by sqrt(2 layers) (GPT-2); orthogonal: as "
            "scaled, with orthogonal matrices. norm.deep puts its own factor in the place of these by depth"),
        config::field("std", &InitConfig::std, "deviation of the normal scheme", config::positive()),
        config::field("embedding", &InitConfig::embedding,
                      "deviation of token embeddings. scheme: 1/sqrt(width), or `std` in the normal scheme; "
                      "log_vocabulary: ln(vocabulary)/width, with which a tied post-norm model starts near the loss "
                      "ln(vocabulary) (kexue.fm 9698)"),
        config::field("embedding_std", &InitConfig::embedding_std,
                      "deviation of token embeddings as a number; 0: what `embedding` says", config::not_negative())};
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
  /// `deep`: of the norms, whose factor of starting weights takes the place of the scheme's own by depth. Throws Error
  /// for settings that contradict each other.
  Initialiser(InitConfig config, int64_t layers, Random random, DeepNorm deep = DeepNorm::none);

  Initialiser fork(const std::string& name) const { return {config_, layers_, random_.fork(name), deep_}; }
  const Random& random() const { return random_; }

  /// [outputs, inputs]. `residual`: its output is added to the residual stream.
  Tensor matrix(const std::string& name, int64_t outputs, int64_t inputs, bool residual, int order = 2) const;
  /// [vocabulary, width]
  Tensor embedding(const std::string& name, int64_t vocabulary, int64_t width) const;
  /// [outputs, inputs] whose rows, or columns where these are fewer, are orthogonal and of unit length. For maps
  /// outside the residual branches: no scheme or depth changes it.
  Tensor orthogonal(const std::string& name, int64_t outputs, int64_t inputs) const;

 private:
  double depth_factor(bool residual, int order) const;

  InitConfig config_;
  int64_t layers_;
  Random random_;
  DeepNorm deep_;
};

}  // namespace lx
