// One idea about attention scores. A modifier answers those of these questions it has an opinion on; answers are data
// of O(T), never per-element callbacks, so that every executor can run every combination:
//   1 who sees whom?                reveal    2 where do tokens stand?   place    3 how does position turn a vector?
//   tune 4 what is compared?             shape     5 how sharp is query i?    sharpen  6 what is added?           bias,
//   add
// Two more stand outside the six: embed acts once on the model's input (absolute positions), and what cannot be said in
// O(T) sees the logits themselves (rewrite, normalise: plain executor only).
// The Stack asks in the order shape, reveal, place, tune, sharpen, bias, add, each question to all modifiers in turn.
#pragma once

#include "attention/bands.h"
#include "attention/frequencies.h"
#include "attention/pair_rule.h"
#include "attention/scene.h"
#include "attention/visibility.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace lx {

/// What is added to the logits besides curves of distance.
struct Addends {
  Tensor log_gate;  // [B,H,Tq]: log of this call's gates; the stack sums them over time
  Tensor sink;      // [H]: logit of a key that holds nothing
  /// A further sink: its weight joins what is there.
  void add_sink(const Tensor& logit);
  /// A further gate: gates multiply.
  void add_gate(const Tensor& log);
};

/// A block of rows of the logits, for rewrite().
struct RowBlock {
  int64_t first_query = 0, rows = 0;  // among the keys
  int64_t first_key = 0, keys = 0;
  Tensor visible;         // bool, broadcastable to [B,H,rows,keys]
  Tensor compared;        // [B,H,rows,keys]: <q,k> with the gain, before anything was added
  Tensor relative;        // [rows,keys] or [B,1,rows,keys] float64: relative position of each pair
  Tensor query_position;  // [rows] or [B,rows] float64
  Tensor query;           // [B,H,rows,D]: content, after shape()
};

/// What others must know of a modifier to refuse or excuse combinations.
struct Traits {
  bool gives_turning = false;       // sets frequencies (rope)
  bool needs_turning = false;       // edits frequencies: means nothing without turning
  bool moves_tokens = false;        // says where all tokens stand (randomized, pose)
  bool maps_far = false;            // says where far tokens stand relative to each other (rerope, chunked)
  bool fractions = false;           // gives positions that are not whole numbers
  bool whole_numbers_only = false;  // reads a table by position
  bool on_a_grid = false;           // gives positions along two axes
  bool gives_order = false;         // lets tokens know their order even where every key is visible
  bool looks_ahead = false;         // lets queries see keys behind their place
  bool past_only = false;           // means nothing for keys behind the query's place
  bool ranks_in_cache = false;      // positions count places in a cache or a chunk, not in the text
  bool reads_query_place = false;   // what it adds depends on where the query stands in the text, not on distance alone
  bool reads_input = false;         // its gates or gains depend on what the layer reads (scene.hidden)
  bool needs_bias = false;          // works on what others added
  bool gives_sink = false;          // offers weight a place that holds nothing
  bool weighs_apart = false;        // a key's weight takes nothing from another's
  bool gates = false;               // sums gates along one text
  bool repeatable = false;          // may stand in a stack twice (what it says only tightens)
  bool random = false;              // draws anew for each training batch
  bool depends_on_context = false;  // looks at the total length: decoding token by token differs from one pass

  /// Also those of `other`.
  void join(const Traits& other) {
    for (const auto member :
         {&Traits::gives_turning, &Traits::needs_turning,      &Traits::moves_tokens,   &Traits::maps_far,
          &Traits::fractions,     &Traits::whole_numbers_only, &Traits::on_a_grid,      &Traits::gives_order,
          &Traits::looks_ahead,   &Traits::past_only,          &Traits::ranks_in_cache, &Traits::reads_query_place,
          &Traits::reads_input,   &Traits::needs_bias,         &Traits::gives_sink,     &Traits::weighs_apart,
          &Traits::gates,         &Traits::repeatable,         &Traits::random,         &Traits::depends_on_context})
      this->*member = this->*member || other.*member;
  }
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
  /// distance [n] float64, any relative positions -> [H,n] to be added.
  virtual Tensor bias(const Tensor& distance, const Scene&) const { return {}; }
  virtual void add(Addends&, const Scene&) const {}
  /// Of a bias that looks a learned table up: the entry for keys this far back. Entries that training never reached
  /// hold starting values; diagnostics count them.
  virtual std::optional<int64_t> bucket(int64_t distance) const { return std::nullopt; }

  /// x [B,Tq,C]: the model's input; positions [Tq] or [B,Tq] float64. Asked once, of the first layer's stack.
  virtual void embed(Tensor& x, const Tensor& positions, const Scene&) const {}

  /// logits [B,H,rows,keys], of all keys -> the same, changed. Hidden keys are masked afterwards.
  virtual Tensor rewrite(const Tensor& logits, const RowBlock&, const Scene&) const { return logits; }
  /// logits [B,H,rows,keys], hidden ones -inf, at least one visible a row -> weights, zero for hidden keys; in
  /// softmax's place. They sum to one, save with the trait weighs_apart.
  virtual Tensor normalise(const Tensor& logits) const { return logits; }

  virtual Traits traits() const { return {}; }
  /// The longest text that can be read when testing: a table of positions ends. Longer texts are refused at the call.
  virtual int64_t longest_text() const { return kAll; }

  /// The method's one-line definition, one pair of tokens at a time: what everything fast is judged by (pair_rule.h).
  virtual void define(PairRule&) const = 0;

  /// Learned tensors, in a fixed order; the model registers them as `<stack>.<modifier>.<name>`.
  const std::vector<Parameter>& parameters() const { return parameters_; }

 protected:
  /// Call in the constructor. The handle stays valid when the model moves device or loads weights.
  Tensor parameter(std::string name, Tensor initial);

 private:
  std::vector<Parameter> parameters_;
};

/// Which questions a kind of modifier answers.
struct Questions {
  bool reveal = false, place = false, tune = false, shape = false, sharpen = false, bias = false, add = false;
  bool embed = false, rewrite = false, normalise = false;

  /// Also those that `other` answers.
  void join(const Questions& other) {
    for (const auto member :
         {&Questions::reveal, &Questions::place, &Questions::tune, &Questions::shape, &Questions::sharpen,
          &Questions::bias, &Questions::add, &Questions::embed, &Questions::rewrite, &Questions::normalise})
      this->*member = this->*member || other.*member;
  }

  bool adds() const { return bias || add; }
  /// Sees the logits themselves: the plain executor only.
  bool dense() const { return rewrite || normalise; }
};

/// Read off the class: a hook that is not overridden keeps the base's type.
template <class M>
constexpr Questions questions_of() {
  using S = ScoreModifier;
  return {.reveal = !std::is_same_v<decltype(&M::reveal), decltype(&S::reveal)>,
          .place = !std::is_same_v<decltype(&M::place), decltype(&S::place)>,
          .tune = !std::is_same_v<decltype(&M::tune), decltype(&S::tune)>,
          .shape = !std::is_same_v<decltype(&M::shape), decltype(&S::shape)>,
          .sharpen = !std::is_same_v<decltype(&M::sharpen), decltype(&S::sharpen)>,
          .bias = !std::is_same_v<decltype(&M::bias), decltype(&S::bias)>,
          .add = !std::is_same_v<decltype(&M::add), decltype(&S::add)>,
          .embed = !std::is_same_v<decltype(&M::embed), decltype(&S::embed)>,
          .rewrite = !std::is_same_v<decltype(&M::rewrite), decltype(&S::rewrite)>,
          .normalise = !std::is_same_v<decltype(&M::normalise), decltype(&S::normalise)>};
}

}  // namespace lx
