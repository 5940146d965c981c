// The modifiers of one layer in YAML order: asks the six questions and returns a plan.
#pragma once

#include "attention/memory.h"
#include "attention/score_modifier.h"
#include "attention/score_plan.h"

#include <memory>
#include <string>
#include <vector>

namespace lx {

/// When a modifier acts. Test means the model is in evaluation mode.
enum class When { both, train, test };

class Stack {
 public:
  struct Item {
    std::string name;  // the registry's name; names the parameters
    When when = When::both;
    std::shared_ptr<ScoreModifier> modifier;
  };

  Stack() = default;
  Stack(Shape shape, std::vector<Item> items);

  /// q [B,H,Tq,D], k and v [B,Hk,Tq,*] of this call (content only). `hidden` [B,Tq,C] is the layer's input, `given`
  /// what the model itself reveals (prefix, lengths). With memory, q continues it: memory grows by this call's keys and
  /// values. On return v holds all values, memory's included.
  ScorePlan plan(Tensor q, Tensor k, Tensor& v, const Tensor& hidden, Visibility given, bool training,
                 Memory* memory = nullptr) const;

  const Shape& shape() const { return shape_; }
  const std::vector<Item>& items() const { return items_; }
  /// Joined over the modifiers that act in this mode.
  Traits traits(bool training) const;

 private:
  std::vector<const ScoreModifier*> active(bool training) const;

  Shape shape_;
  std::vector<Item> items_;
};

}  // namespace lx
