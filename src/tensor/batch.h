// What a task hands to a model, and what training and evaluation judge.
#pragma once

#include "tensor/tensor.h"

namespace lx {

/// A target that is not judged.
constexpr int64_t kIgnore = -100;

struct Batch {
  Tensor tokens;   // [B,T] int64: what the model reads
  Tensor targets;  // [B,T] int64: the token that follows each; kIgnore where nothing is judged
  Tensor prefix;   // [B] int64: leading tokens that see each other (UniLM); undefined: none
  Tensor source;   // [B,S] int64: what the encoder reads (encoder-decoder); undefined: none
};

}  // namespace lx
