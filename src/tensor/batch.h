// What a task hands to a model, and what training and evaluation judge.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// A target that is not judged.
constexpr int64_t kIgnore = -100;

/// Examples as a task gives them have `prefix` and no `source`; Model::arrange makes of them what an architecture
/// reads.
struct Batch {
  Tensor tokens;          // [B,T] int64: what the model reads
  Tensor targets;         // [B,T] int64: the token that follows each; kIgnore where nothing is judged
  Tensor prefix;          // [B] int64: leading tokens that are input, given and not written; undefined: none
  Tensor source;          // [B,S] int64: what the encoder reads (encoder-decoder); undefined: none
  Tensor source_lengths;  // [B] int64: tokens of the source that exist, the rest is padding; undefined: all
};

/// What a model is asked for; each architecture can answer some.
enum class Asks {
  next_token,    // every token after those before it
  continuation,  // the output that follows an input
  masked,        // tokens that were taken out of a text
};

}  // namespace lx
