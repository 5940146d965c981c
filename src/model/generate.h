// Writing on: a model reads prompts and then its own choices, one token at a time, with a memory of what it read.
#pragma once

#include "base/random.h"
#include "model/model.h"
#include "model/sampler.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lx {

struct GenerateOptions {
  int64_t tokens = 200;  // to write, at most
  Sampling sampling;
  Random random{0};                             // draws of row b come from fork(b)
  int64_t chunk = 4096;                         // prompt tokens in one pass, which bounds the memory it takes
  bool keep_logits = false;                     // all that the choices were made from
  std::vector<std::vector<int64_t>> stop = {};  // a row ends once what it wrote ends with one of these
  int64_t beams = 1;          // K: keep the K likeliest beginnings (beam_search.h); 1: choose one token
  double length_penalty = 0;  // alpha of beam search: texts are compared by log p / length^alpha
};

/// A text that beam search ended with.
struct Hypothesis {
  std::vector<int64_t> tokens;
  std::vector<double> log_probabilities;  // of each token
  double score = 0;                       // their sum / length^alpha
  bool ended = false;                     // by a stop
};

struct Generation {
  Tensor tokens;                 // [B,n] int64, n <= options.tokens; -1 behind a row's end
  Tensor log_probabilities;      // [B,n] float64: of each token under the model itself (temperature 1, nothing cut)
  Tensor logits;                 // [B,n,V] as the model gave them; undefined unless kept
  std::vector<int64_t> lengths;  // [B]: tokens that each row wrote, the stop's included
  std::vector<bool> ended;       // [B]: by a stop
  std::vector<std::vector<Hypothesis>> beams;  // [B], the best first, which the row above holds; empty without beams
  double read_seconds = 0;                     // spent on the prompts
  double write_seconds = 0;                    // spent on the rest
};

/// Called after each pass: with the tokens just chosen, [B] int64, -1 in rows that have ended; or with an undefined
/// tensor while prompts are being read or nothing is chosen yet (beams). false ends the writing.
using OnPass = std::function<bool(const Tensor& tokens)>;

/// Continues every prompt ([T_b] int64, of any lengths), in evaluation mode and without gradients. Each row is what it
/// would be alone, to rounding; a row that has ended is not computed on. What is input and what is written of a prompt
/// is the architecture's matter (read_prompts.h). A model that depends on the context's length reads each prompt in one
/// pass, as a UniLM does; any other in chunks, which changes nothing for it. Throws Error for an architecture that
/// writes nothing, an empty prompt, tokens the model does not know, and logits that are not finite.
Generation generate(Model& model, const std::vector<Tensor>& prompts, const GenerateOptions& options,
                    const OnPass& on_pass = {});
/// Of prompts of one length, [B,T].
Generation generate(Model& model, const Tensor& prompt, const GenerateOptions& options, const OnPass& on_pass = {});

/// Reads prompts and choices once more, in one pass each: the largest absolute difference to the kept logits.
double difference_from_one_pass(Model& model, const std::vector<Tensor>& prompts, const Generation& generation);
double difference_from_one_pass(Model& model, const Tensor& prompt, const Generation& generation);

/// The longest text that is read when `tokens` more are written after this prompt, [T]: Model::longest_text bounds it.
int64_t longest_read(const Model& model, const Tensor& prompt, int64_t tokens);

}  // namespace lx
