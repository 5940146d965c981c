// The answer to the questions: tensors of O(T), nothing else. Any executor can run it, autograd differentiates up to
// its edge, and it can be printed.
#pragma once

#include "attention/scene.h"
#include "attention/visibility.h"
#include "tensor/tensor.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lx {

class ScoreModifier;

/// Queries and keys as they meet at distances from `from` on (to the next view's `from`): turned, gain folded into q.
struct View {
  int64_t from;
  Tensor q;                             // [B,H,Tq,D]
  Tensor k;                             // [B,Hk,Tk,D]; query head h meets key head h / (H / Hk)
  Tensor query_position, key_position;  // [Tq], [Tk], or [B,...], float64; undefined: the index among the keys
};

///   relative(i,j) = view.query_position[i] - view.key_position[j],   view by the distance floor(i/unit) -
///   floor(j/unit) logit[h,i,j]  = <view.q[h,i], view.k[h,j]> + bias[h, relative + origin] - |decay_q[h,i] -
///   decay_k[h,j]| weight        = softmax over the visible j, with a further logit sink[h] whose value is zero
/// The index into bias is clamped to its ends. Where relative positions are not whole numbers, `curve` gives the bias.
/// A plan with a curve, rewriters or a normaliser points into the stack it came from, which must live as long.
struct ScorePlan {
  std::vector<View> views;                              // sorted by `from`; the first holds from everywhere
  int64_t unit = 1;                                     // tokens in a step of distance, as the views' `from` counts it
  Tensor bias;                                          // [H,n]; undefined: none
  int64_t origin = 0;                                   // where relative position 0 stands in bias
  std::function<Tensor(const Tensor& distance)> curve;  // [n] float64 -> [H,n]; empty: bias says all
  Tensor decay_q, decay_k;  // [B,H,Tq], [B,H,Tk]: running sums of log gates; undefined: none
  Tensor sink;              // [H]; undefined: none
  Visibility visible;
  int64_t offset = 0;  // index of the first query among the keys

  // What only the plain executor can run.
  std::vector<const ScoreModifier*> rewriters;  // asked for each block of rows, in order
  const ScoreModifier* normaliser = nullptr;    // in softmax's place
  Tensor query;                                 // [B,H,Tq,D] content, for the rewriters
  Tensor home_position;                         // [Tq] or [B,Tq]: where queries stand, for the rewriters
  Scene scene;
};

/// Runs a plan by plain ATen over blocks of rows: any dtype, any device, autograd; keeps no Tq x Tk tensor when
/// gradients are off. v [B,Hk,Tk,Dv] -> [B,H,Tq,Dv]. A query that sees nothing gives zero. The oracle of every faster
/// executor (attention/attend.h).
Tensor attend_reference(const ScorePlan& plan, const Tensor& v);

/// Softmax weights of some rows, for probes and pictures: [B,H,rows,Tk], zero where hidden.
Tensor attention_weights(const ScorePlan& plan, int64_t first_row, int64_t rows);

/// Relative position of each query of some rows and each key: [1 or B,rows,Tk] float64.
Tensor relative_positions(const ScorePlan& plan, int64_t first_row, int64_t rows);

}  // namespace lx
