// The modifiers of one layer (or of one group of its heads) in YAML order: asks the questions and returns a plan.
#pragma once

#include "attention/memory.h"
#include "attention/score_modifier.h"
#include "attention/score_plan.h"
#include "base/error.h"

#include <memory>
#include <string>
#include <vector>

namespace lx {

/// When a modifier acts. Test means the model is in evaluation mode; never: a variant took it out, its parameters stay.
enum class When { both, train, test, never };

/// Thrown for a modifier that is sound in itself but has no place in a given stack: it is there already, edits what the
/// stack lacks, contradicts another, or needs parameters that were not trained.
class DoesNotApply : public Error {
 public:
  using Error::Error;
};

class Stack {
 public:
  struct Item {
    std::string name;  // the registry's name; names the parameters
    When when = When::both;
    std::shared_ptr<ScoreModifier> modifier;
    Questions questions;
    std::string settings;  // written out in full, for people (JSON); says nothing to the stack

    bool acts(bool training) const {
      return when == When::both || (when != When::never && (when == When::train) == training);
    }
  };

  Stack() = default;
  /// Throws DoesNotApply, one sentence, for modifiers that cannot stand together (compatibility.cpp).
  Stack(Shape shape, std::vector<Item> items);

  /// q [B,H,Tq,D], k and v [B,Hk,Tq,*] of this call (content only). `hidden` [B,Tq,C] is the layer's input. With
  /// memory, q continues it: memory grows by this call's keys and values. On return v holds all values, memory's
  /// included.
  ScorePlan plan(Tensor q, Tensor k, Tensor& v, const Tensor& hidden, const Given& given, bool training,
                 Memory* memory = nullptr) const;

  /// Cross-attention: q [B,H,Tq,D] reads the keys k [B,Hk,S,D] of a source that stands before all queries. It is the
  /// rectangle of causal attention that the text "source, then queries" would have: query t stands at offset + t, key j
  /// at j, and every modifier means what it means there. offset: S, and the queries read before. `lengths` [B]: keys
  /// that exist; undefined: all. Throws DoesNotApply for gates, which are sums along one text.
  ScorePlan plan_across(Tensor q, Tensor k, const Tensor& hidden, const Given& given, const Tensor& lengths,
                        int64_t offset, bool training) const;

  /// Adds absolute positions to the model's input x [B,Tq,C]; `offset`: tokens read before.
  Tensor embed(Tensor x, const Given& given, bool training, int64_t offset) const;

  const Shape& shape() const { return shape_; }
  const std::vector<Item>& items() const { return items_; }
  std::vector<const ScoreModifier*> active(bool training) const;
  /// Joined over the modifiers that act in this mode.
  Traits traits(bool training) const;
  Questions questions(bool training) const;
  /// The longest text that every modifier which acts at test time can read.
  int64_t longest_text() const;
  /// Where tokens stand and who sees whom, as in plan(), without any content: for pictures and diagnostics.
  struct Layout {
    Bands bands;
    Visibility visible;
    Frequencies frequencies;
    Tensor gain;  // broadcastable to [B,H,Tq]; undefined when it depends on content
    Scene scene;  // what the modifiers were told: no hidden states
  };
  Layout layout(int64_t length, const Given& given, bool training) const;

 private:
  void placed(Layout& layout, Scene& scene, int64_t keys, const std::vector<const Item*>& acting,
              const at::TensorOptions& reals) const;
  Tensor gain(const Layout& layout, const Scene& scene, int64_t keys, const std::vector<const Item*>& acting,
              const at::TensorOptions& reals) const;
  ScorePlan answer(const Tensor& q, const Tensor& k, Layout layout, Scene scene,
                   const std::vector<const Item*>& acting) const;
  std::vector<const Item*> acting(bool training) const;

  Shape shape_;
  std::vector<Item> items_;
};

/// Throws DoesNotApply for the first pair of modifiers that cannot stand together in one mode, or stand in an order
/// that has no meaning.
void check_compatible(const std::vector<Stack::Item>& items);

}  // namespace lx
