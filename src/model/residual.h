// The residual connection: what a part reads, and how what it gives joins the stream. Every part of every block has
// one.
#pragma once

#include "model/norm.h"

#include <memory>
#include <string>

namespace lx {

class Residual {
 public:
  /// `blocks`: N, the blocks of the whole stack, for norm.deep. Throws Error for settings that contradict each other.
  Residual(const NormConfig& config, int64_t width, int64_t blocks);

  /// Registers the norms as <part>_norm and, in a sandwich, <part>_norm_out, next to the part itself.
  void join(torch::nn::Module& block, const std::string& part) const;

  /// x [B,T,C] -> [B,T,C]; `part` takes and gives such a tensor.
  template <class Part>
  Tensor operator()(const Tensor& x, Part&& part) const {
    if (place_ == NormPlace::post) return merge(x, part(x));
    return merge(x, part(norm_->forward(x)));
  }

 private:
  Tensor merge(const Tensor& x, const Tensor& branch) const;

  NormPlace place_;
  double alpha_;
  std::shared_ptr<Norm> norm_, norm_out_;
};

}  // namespace lx
