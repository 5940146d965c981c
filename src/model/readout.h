// The readout: how the last hidden states become logits (four ways: Su 2023, kexue.fm 9698).
#pragma once

#include "config/fields.h"
#include "model/initialiser.h"
#include "ops/vocabulary_loss.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

namespace lx {

/// With E the embedding [V,C] and h a state: E h; W h with a matrix of its own; E P h with P [C,C] that starts
/// orthogonal; E s(h) with s the swap of h's halves. A deep post-norm model starts near h = e / |e| of the last token
/// read: tied by E alone it then repeats that token, at a loss of about ln(exp(C deviation) + V) instead of ln V. The
/// other three forget which token that was.
enum class OutputMap { tied, untied, projected, shuffled };
template <>
struct config::EnumNames<OutputMap> {
  static constexpr std::array<std::pair<std::string_view, OutputMap>, 4> names{{{"tied", OutputMap::tied},
                                                                                {"untied", OutputMap::untied},
                                                                                {"projected", OutputMap::projected},
                                                                                {"shuffled", OutputMap::shuffled}}};
};

class Readout : public torch::nn::Module {
 public:
  /// Throws Error where a width has no halves to swap.
  Readout(OutputMap map, int64_t vocabulary, int64_t width, const Initialiser& init);
  /// hidden [...,C], embedding [V,C] -> logits [...,V], float32 in whatever precision
  Tensor forward(const Tensor& hidden, const Tensor& embedding) const;
  /// The last product of forward(), not yet made: its rows are [...,C].
  VocabularyMap map(const Tensor& hidden, const Tensor& embedding) const;

 private:
  OutputMap map_;
  Tensor weight_;      // [V,C], untied only
  Tensor projection_;  // [C,C], projected only
};

}  // namespace lx
