// One idea about attention scores. A modifier answers those of six questions it has an opinion on; answers are data of
// O(T), never per-element callbacks, so that every executor can run every combination:
//   1 who sees whom?                reveal    2 where do tokens stand?   place    3 how does position turn a vector?
//   tune 4 what is compared?             shape     5 how sharp is query i?    sharpen  6 what is added? add
// The Stack asks them in the order shape, reveal, place, tune, sharpen, add, each question to all modifiers in turn.
#pragma once

#include "attention/bands.h"
#include "attention/frequencies.h"
#include "attention/scene.h"
#include "attention/visibility.h"

#include <span>
#include <string>
#include <vector>

namespace lx {

/// What is added to the logits.
struct Addends {
  Tensor distance;     // [n] float64, given: the distances at which a curve is wanted, in increasing order
  Tensor by_distance;  // [H,n]: sum of all curves; looked up at the integer distance i - j, clamped to the ends
  Tensor log_gate;     // [B,H,Tq]: log of this call's gates; the stack sums them over time
  Tensor sink;         // [H]: logit of a key that holds nothing
};

/// A block of rows of the logits, for rewrite().
struct RowBlock {
  int64_t first_query, rows;  // among the keys
  int64_t first_key, keys;
  Tensor visible;  // bool, broadcastable to [B,H,rows,keys]
  Scene scene;
};

/// What others must know of a modifier to refuse or excuse combinations.
struct Traits {
  bool gives_turning = false;       // sets frequencies (rope)
  bool needs_turning = false;       // edits frequencies or bands: means nothing without turning
  bool depends_on_context = false;  // looks at the total length: decoding token by token differs from one pass
};

struct Parameter {
  std::string name;
  Tensor tensor;
};

class ScoreModifier {
 public:
  virtual ~ScoreModifier() = default;

  virtual void reveal(Visibility&, const Scene&) const {}
  virtual void place(Bands&, const Scene&) const {}
  virtual void tune(Frequencies&, const Scene&) const {}
  /// q [B,H,Tq,D], k [B,Hk,Tq,D]: content only, no position; the keys of this call.
  virtual void shape(Tensor& q, Tensor& k, const Scene&) const {}
  /// gain: broadcastable to [B,H,Tq], starts as 1/sqrt(D). visible_keys: [1 or B,1,Tq] float64, keys each query sees.
  virtual void sharpen(Tensor& gain, const Tensor& visible_keys, const Scene&) const {}
  virtual void add(Addends&, const Scene&) const {}

  /// The escape hatch: true when rewrite() must see the logits [B,H,rows,keys] themselves (reference executor only).
  virtual bool dense() const { return false; }
  virtual Tensor rewrite(const Tensor& logits, const RowBlock&) const { return logits; }

  virtual Traits traits() const { return {}; }

  /// Learned tensors, in a fixed order; the model registers them as `<stack>.<modifier>.<name>`.
  const std::vector<Parameter>& parameters() const { return parameters_; }

 protected:
  /// Call in the constructor. The handle stays valid when the model moves device or loads weights.
  Tensor parameter(std::string name, Tensor initial);

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace lx
