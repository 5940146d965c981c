// The literal meaning of a stack, one query and one key at a time, in plain doubles: no plan, no bands, no tiles, no
// tensor operations. Each modifier adds its published one-line definition (ScoreModifier::define); everything fast is
// judged by the sum of them (oracle.h).
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lx {

using Numbers = std::vector<double>;

struct PairRule {
  // Facts of the call, given. One example of the batch at a time.
  int64_t example = 0, examples = 1;
  int64_t heads = 1, head_dim = 1, trained_length = 1;
  int64_t keys = 0;  // T: tokens present
  bool training = false;
  uint64_t draw = 0;
  std::function<Numbers(int64_t t)> hidden;  // what the layer read at token t

  // 1 who sees whom (on top of the order that the model gives)
  std::vector<std::function<bool(int64_t i, int64_t j)>> near;  // all must hold, or j < sinks
  int64_t sinks = 0;
  std::function<bool(int64_t i, int64_t j)> order;

  // 2 where tokens stand
  std::function<double(int64_t t)> place, place_down;    // of a token; down: along a grid's second axis
  std::function<double(int64_t i, int64_t j)> relative;  // of a pair; starts as place(i) - place(j)

  // 3 how position turns pairs of channels
  Numbers theta, growth;     // of each pair; growth: the logit of pair m times exp(relative * growth[m])
  std::vector<bool> down;    // pairs that turn by the second axis
  bool interleaved = false;  // pairs are (2m, 2m+1), not (m, m+P)

  // 4 what is compared: h the query's head
  std::vector<std::function<void(int64_t h, Numbers& q, Numbers& k)>> shape;

  // 5 how sharp: factors on top of 1/sqrt(D); seen: keys query i sees
  std::vector<std::function<double(int64_t h, int64_t i, double seen)>> gain;

  // 6 what is added
  std::vector<std::function<double(int64_t h, double relative)>> bias;
  std::vector<std::function<double(int64_t h, int64_t t)>> log_gate;  // of token t; a pair gets the sum between
  std::vector<std::function<double(int64_t h)>> sink;                 // logits of keys that hold nothing

  /// One query's logits, of all heads: what cannot be said pair by pair.
  struct Row {
    int64_t i;
    std::vector<Numbers> logits;    // [H][T]
    std::vector<Numbers> compared;  // [H][T], before anything was added
    std::vector<Numbers> query;     // [H][D], content
    std::vector<bool> visible;      // [T]
    Numbers relative;               // [T]
  };
  std::vector<std::function<void(Row&)>> rewrite;
  std::function<Numbers(const Numbers& logits)> normalise;  // hidden ones -inf; empty: softmax

  // The model's input, before the first layer: x is the embedding of token t.
  std::vector<std::function<void(int64_t t, Numbers& x)>> embed;
};

/// One number of a parameter, whatever its dtype.
double number(const Tensor& tensor, std::initializer_list<int64_t> index);
/// All of them, in memory order.
Numbers numbers(const Tensor& tensor);

}  // namespace lx
