// A small network that draws a curve for each head: one number in, one number a head out. FIRE and CPB learn theirs.
// The last layer has no bias, which the papers have: it would add the same to every key of a row, and that no softmax
// can tell. Starting values are U(-1/sqrt(inputs), 1/sqrt(inputs)), LibTorch's default for linear layers.
#pragma once

#include "base/random.h"
#include "tensor/tensor.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lx {

class CurveNetwork {
 public:
  enum class Bend { relu, silu };

  /// `depth` hidden layers of `width`.
  CurveNetwork(Bend bend, int64_t width, int64_t depth, int64_t heads, const Random& random);

  /// Names each learned tensor: weight_1 [width,1], bias_1 [width], ..., and the last weight [H,width].
  void each(const std::function<void(const std::string& name, const Tensor& tensor)>& visit) const;

  /// x [n], whose dtype decides -> [H,n].
  Tensor draw(const Tensor& x) const;

  /// One point of one head's curve in plain doubles, for definitions.
  double point(double x, int64_t head) const;

 private:
  Bend bend_;
  std::vector<Tensor> weights_, biases_;  // one bias fewer
};

}  // namespace lx
