#include "encoding/curve_network.h"

#include "attention/pair_rule.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {

CurveNetwork::CurveNetwork(Bend bend, int64_t width, int64_t depth, int64_t heads, const Random& random) : bend_(bend) {
  int64_t inputs = 1;
  for (int64_t layer = 1; layer <= depth + 1; ++layer) {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs));
    const auto start = [&](const std::string& name, at::IntArrayRef sizes) {
      Random own = random.fork(name + std::to_string(layer));
      return uniform_tensor(own, sizes, -bound, bound);
    };
    const int64_t outputs = layer <= depth ? width : heads;
    weights_.push_back(start("weight_", {outputs, inputs}));
    if (layer <= depth) biases_.push_back(start("bias_", {outputs}));
    inputs = outputs;
  }
}

void CurveNetwork::each(const std::function<void(const std::string&, const Tensor&)>& visit) const {
  for (size_t n = 0; n < weights_.size(); ++n) {
    visit("weight_" + std::to_string(n + 1), weights_[n]);
    if (n < biases_.size()) visit("bias_" + std::to_string(n + 1), biases_[n]);
  }
}

Tensor CurveNetwork::draw(const Tensor& x) const {
  Tensor y = x.unsqueeze(0);  // [1,n]
  for (size_t n = 0; n < weights_.size(); ++n) {
    y = at::matmul(weights_[n].to(x.scalar_type()), y);
    if (n == biases_.size()) break;
    y = y + biases_[n].to(x.scalar_type()).unsqueeze(1);
    y = bend_ == Bend::relu ? at::relu(y) : at::silu(y);
  }
  return y;
}

double CurveNetwork::point(double x, int64_t head) const {
  Numbers layer{x};
  for (size_t n = 0; n < biases_.size(); ++n) {
    const Numbers w = numbers(weights_[n]);
    Numbers next = numbers(biases_[n]);
    for (size_t o = 0; o < next.size(); ++o) {
      for (size_t c = 0; c < layer.size(); ++c) next[o] += w[o * layer.size() + c] * layer[c];
      next[o] = bend_ == Bend::relu ? std::max(next[o], 0.0) : next[o] / (1 + std::exp(-next[o]));
    }
    layer = std::move(next);
  }
  const Numbers w = numbers(weights_.back()[head]);
  double sum = 0;
  for (size_t c = 0; c < layer.size(); ++c) sum += w[c] * layer[c];
  return sum;
}

}  // namespace lx
