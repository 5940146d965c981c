// The answer to the six questions: tensors of O(T), nothing else. Any executor can run it, autograd differentiates up
// to its edge, and it can be printed.
#pragma once

#include "attention/scene.h"
#include "attention/visibility.h"
#include "tensor/tensor.h"

#include <cstdint>
#include <vector>

namespace lx {

class ScoreModifier;

/// Queries and keys as they meet at distances from `from` on (to the next view's `from`): turned, gain folded into q.
struct View {
  int64_t from;
  Tensor q;  // [B,H,Tq,D]
  Tensor k;  // [B,Hk,Tk,D]; query head h meets key head h / (H / Hk)
};

///   logit[h,i,j] = <view(i-j).q[h,i], view(i-j).k[j]> + bias[h, i - j + origin] - |decay_q[h,i] - decay_k[h,j]|
///   weight       = softmax over the visible j, with a further logit sink[h] whose value is zero
/// The index into bias is clamped to its ends.
struct ScorePlan {
  std::vector<View> views;  // sorted by `from`; the first holds from everywhere
  Tensor bias;              // [H,n]; undefined: none
  int64_t origin = 0;       // where distance 0 stands in bias
  Tensor decay_q, decay_k;  // [B,H,Tq], [B,H,Tk]: running sums of log gates; undefined: none
  Tensor sink;              // [H]; undefined: none
  Visibility visible;
  int64_t offset = 0;                           // index of the first query among the keys
  std::vector<const ScoreModifier*> rewriters;  // asked for each block of rows, in order
  Scene scene;                                  // for the rewriters
};

/// Runs a plan by plain ATen over blocks of rows: any dtype, any device, autograd; keeps no Tq x Tk tensor when
/// gradients are off. v [B,Hk,Tk,Dv] -> [B,H,Tq,Dv]. A query that sees nothing gives zero.
Tensor attend(const ScorePlan& plan, const Tensor& v);

/// Softmax weights of some rows, for probes and pictures: [B,H,rows,Tk], zero where hidden.
Tensor attention_weights(const ScorePlan& plan, int64_t first_row, int64_t rows);

}  // namespace lx
