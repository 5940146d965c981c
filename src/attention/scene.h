// What a modifier may know: the fixed shape of the layer it serves, and the call being answered.
#pragma once

#include "attention/visibility.h"
#include "base/random.h"
#include "tensor/tensor.h"

#include <string>

namespace lx {

class AttentionWatch;

/// Known when the model is built.
struct Shape {
  int64_t heads = 1, key_heads = 1;  // H, Hk
  int64_t head_dim = 0;              // D, width of queries and keys
  int64_t width = 0;                 // C, width of the layer's input
  int64_t trained_length = 0;        // N
  int64_t layer = 0, layers = 1;
  Random random{0};  // starting values of a modifier's own parameters: a stream named by layer and modifier
};

/// What the model says about a call, the same for every layer.
struct Given {
  Visibility visible;               // prefix, lengths
  uint64_t draw = 0;                // names this call's random positions
  AttentionWatch* watch = nullptr;  // is shown each plan before it is run
  std::string part;                 // of a model of several, for the watch: "encoder"
};

/// Known at each call.
struct Scene {
  Shape shape;
  int64_t batch = 1;           // B
  int64_t offset = 0;          // index of the first query among the keys
  int64_t queries = 0;         // Tq
  int64_t context_length = 0;  // Tk: keys present by the end of this call
  bool ahead = false;          // some query sees keys behind its own place in the text (a prefix, an encoder)
  bool training = false;
  uint64_t draw = 0;
  Tensor hidden;  // [B,Tq,C] this layer's input, for data-dependent gates; float32 where products are bfloat16
};

}  // namespace lx
