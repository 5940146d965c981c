// What a call of a model multiplies and remembers, by formula and by part. Each part of a model says its own, beside
// its forward(); that this is what is executed is a law (ops/work.h defines the operations that count).
#pragma once

#include "attention/stack.h"
#include "attention/visibility.h"
#include "tensor/tensor.h"

#include <cstdint>

namespace lx {

/// Operations of one forward pass, and numbers that stay in memory for the next.
struct Work {
  int64_t mixers = 0;        // maps that make queries, keys, values and gates, and the map behind them
  int64_t attention = 0;     // the pairs of tokens that meet
  int64_t cross = 0;         // cross-attention, maps and pairs
  int64_t feed_forward = 0;  // maps that mix channels
  int64_t output = 0;        // logits
  int64_t kept = 0;          // numbers a memory holds after the call: keys, values, running gates

  int64_t operations() const { return mixers + attention + cross + feed_forward + output; }
};

/// What was read before a call with memory.
struct Past {
  int64_t tokens = 0;  // of the text being written
  int64_t source = 0;  // of the source, which is remembered (encoder-decoder); 0: the call brings it
};

/// A call as a block sees it.
struct Call {
  int64_t batch = 1;    // B
  int64_t queries = 0;  // Tq
  int64_t before = 0;   // tokens of the same text in memory
  Visibility visible;   // as the model says it to every layer
  bool training = false;
  int64_t source = 0;              // S: tokens that cross-attention reads; 0: none
  bool source_remembered = false;  // its keys and values were made before
  Tensor source_lengths;           // [B]: tokens of each source that exist; undefined: S
};

/// Pairs that one head of `stack` meets in a call.
int64_t visible_pairs(const Stack& stack, const Call& call);
/// The same of cross-attention (Stack::plan_across).
int64_t visible_pairs_across(const Stack& stack, const Call& call);

class HeadGroups;
/// Adds what HeadGroups::attend computes and remembers, with values of width `value_dim`.
void add_attention(Work& work, const HeadGroups& groups, int64_t value_dim, const Call& call);
/// Operations of HeadGroups::attend_across.
int64_t attention_across(const HeadGroups& groups, int64_t value_dim, const Call& call);

}  // namespace lx
