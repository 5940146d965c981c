// Writing on: a model reads a prompt and then its own choices, one token at a time, with a memory of what it read.
#pragma once

#include "base/random.h"
#include "model/model.h"
#include "model/sampler.h"

#include <cstdint>
#include <functional>

namespace lx {

struct GenerateOptions {
  int64_t tokens = 200;  // to write
  Sampling sampling;
  Random random{0};          // draws of row b come from fork(b)
  int64_t chunk = 4096;      // prompt tokens in one pass, which bounds the memory it takes
  bool keep_logits = false;  // all that the choices were made from
};

struct Generation {
  Tensor tokens;             // [B,n] int64; n < options.tokens when stopped
  Tensor log_probabilities;  // [B,n] float64: of each token under the model itself (temperature 1, nothing cut)
  Tensor logits;             // [B,n,V] as the model gave them; undefined unless kept
  double read_seconds = 0;   // spent on the prompt
  double write_seconds = 0;  // spent on the rest
};

/// Called after each pass: with the tokens just chosen, [B] int64, or with an undefined tensor while the prompt is
/// being read. false ends the writing.
using OnPass = std::function<bool(const Tensor& tokens)>;

/// Continues every row of `prompt` [B,T] int64, in evaluation mode and without gradients. A model that depends on the
/// context's length reads the whole prompt in one pass, any other in chunks, which changes nothing for it. Throws Error
/// for an empty prompt, for tokens the model does not know, and for logits that are not finite.
Generation generate(Model& model, const Tensor& prompt, const GenerateOptions& options, const OnPass& on_pass = {});

/// Reads prompt and choices once more, in one pass: the largest absolute difference to the kept logits.
double difference_from_one_pass(Model& model, const Tensor& prompt, const Generation& generation);

}  // namespace lx
