// The small parts of every model: linear maps.
#pragma once

#include "model/biases.h"
#include "model/initialiser.h"
#include "model/norm.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace lx {

/// x [...,inputs] -> [...,outputs], in the working precision (ops/precision.h)
class Linear : public torch::nn::Module {
 public:
  /// A stretch of the outputs, with a bias of its own or without.
  struct Stretch {
    std::string name;
    int64_t width = 0;
    bool bias = false;
  };

  /// `weight` [outputs, inputs]; `bias` true starts a bias at zero.
  Linear(Tensor weight, bool bias);
  /// Several maps in one, whose widths add up to the outputs. Where all have biases there is one `bias`, where some
  /// have, one bias_<name> each.
  Linear(Tensor weight, const std::vector<Stretch>& stretches);
  Tensor forward(const Tensor& x) const;
  /// forward(x) cut into its stretches. Where `by_stretches(x)` each has memory of its own, so that one can go while
  /// another stays.
  std::vector<Tensor> parts(const Tensor& x) const;
  /// One stretch of forward(x) alone.
  Tensor part(const Tensor& x, size_t stretch) const;
  int64_t operations(int64_t rows) const;  // of forward() (ops/work.h)

 private:
  Tensor weight_, bias_;
  std::vector<Tensor> biases_;   // of the stretches where only some have one, undefined where there is none
  std::vector<int64_t> widths_;  // of the stretches
};

/// Zeroes elements with probability `rate` while training and scales the rest up.
Tensor drop(const Tensor& x, double rate, bool training);

}  // namespace lx
