// What a model costs, by formula, without running it: parameters by part, and operations and memory of the calls that
// architectures are compared on.
#pragma once

#include "model/model.h"

#include <cstdint>
#include <optional>

namespace lx {

struct ParameterCount {
  int64_t embedding = 0;     // tokens in; tied: also the map to logits
  int64_t mixers = 0;        // maps of the layers that mix tokens
  int64_t encoding = 0;      // learned by modifiers, wherever they stand
  int64_t cross = 0;         // maps of cross-attention
  int64_t feed_forward = 0;  // maps that mix channels
  int64_t norms = 0;
  int64_t output = 0;  // from hidden states to logits, where they are not the embedding

  int64_t all() const { return without_embeddings() + embedding + output; }
  int64_t without_embeddings() const { return mixers + encoding + cross + feed_forward + norms; }
};

/// A tensor that is used twice counts once.
ParameterCount count_parameters(const Model& model);

/// An example as its architecture reads it: `length` tokens, the first `input` of which are given.
struct ExampleShape {
  int64_t length = 0, input = 0;
};

/// One forward pass over an example as in training: every token that the architecture reads, logits for every token
/// that it writes or judges.
Work work_of_example(Model& model, const ExampleShape& shape);

/// Operations of training on one token: 3 forward passes (backward is counted as two) of a training example, over its
/// N tokens. A decoder of P parameters besides embeddings and L layers of width d, under full causal attention: about
/// 6 P + 6 L d N. The optimizer's step is no product.
double operations_per_trained_token(Model& model, const ExampleShape& shape);

/// The last token of an example, when all before it are in memory; `kept` is that memory with this token. Nothing for
/// a model that writes no text (an encoder), and for texts longer than it reads.
std::optional<Work> work_of_decoding(Model& model, const ExampleShape& shape);

}  // namespace lx
