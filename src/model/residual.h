// The residual connection: what a part reads, and how what it gives joins the stream. Every part of every block has
// one.
#pragma once

#include "model/norm.h"
#include "model/stream.h"

#include <memory>
#include <string>
#include <utility>

namespace lx {

class Residual {
 public:
  /// `blocks`: N, the blocks of the whole stack, for norm.deep. Throws Error for settings that contradict each other.
  Residual(const NormConfig& config, int64_t width, int64_t blocks);

  /// Registers the norms as <part>_norm and, in a sandwich, <part>_norm_out, next to the part itself.
  void join(torch::nn::Module& block, const std::string& part) const;

  /// `part` takes [B,T,C], as products read it, and gives such a tensor, which joins the stream.
  template <class Part>
  void operator()(Stream& stream, Part&& part) const {
    Tensor branch = part(enter(stream));
    leave(stream, std::move(branch));
  }

 private:
  Tensor enter(Stream& stream) const;
  void leave(Stream& stream, Tensor branch) const;

  NormPlace place_;
  double alpha_;
  std::shared_ptr<Norm> norm_, norm_out_;
};

}  // namespace lx
