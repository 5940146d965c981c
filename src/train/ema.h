// A running average of the weights, which validates better than the weights themselves late in a run.
#pragma once

#include "train/parameters.h"

namespace lx {

class Ema {
 public:
  Ema(Parameters& parameters, double decay);  // starts as a copy

  /// After step `step` (1 for the first). Early on the decay is (1 + step) / (10 + step), so that the average forgets
  /// the random start (as TensorFlow's num_updates does).
  void update(int64_t step);

  NamedTensors state() const;  // by parameter name, as views: what is copied into them is restored

  /// While this lives, the model computes with the average (null: with its own weights).
  class Lent {
   public:
    explicit Lent(Ema* ema) : ema_(ema) {
      if (ema_) ema_->swap();
    }
    ~Lent() {
      if (ema_) ema_->swap();
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    Ema* ema_;
  };
  void swap();  // exchanges the average and the model's weights

 private:
  Parameters& parameters_;
  double decay_;
  std::vector<Tensor> average_;  // beside each group's values
};

}  // namespace lx
