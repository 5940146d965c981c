#include "model/block.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace lx {

FeedForward::FeedForward(const FeedForwardConfig& config, int64_t width, double dropout_rate, const Initialiser& init)
    : activation_(config.activation), dropout_(dropout_rate) {
  const auto inner = static_cast<int64_t>(std::llround(config.ratio * static_cast<double>(width)));
  const int64_t maps = activation_ == Activation::swiglu ? 2 : 1;
  inner_ =
      register_module("inner", std::make_shared<Linear>(init.matrix("inner", maps * inner, width, false), config.bias));
  output_ = register_module("output", std::make_shared<Linear>(init.matrix("output", width, inner, true), config.bias));
}

Tensor FeedForward::forward(const Tensor& x) const {
  Tensor h = inner_->forward(x);
  switch (activation_) {
    case Activation::gelu:
      h = at::gelu(h);
      break;
    case Activation::relu2:
      h = at::relu(h).square();
      break;
    case Activation::swiglu: {
      const auto halves = h.chunk(2, -1);
      h = at::silu(halves[0]) * halves[1];
      break;
    }
  }
  return drop(output_->forward(h), dropout_, is_training());
}

Block::Block(const NormConfig& norm, int64_t width, std::shared_ptr<Mixer> mixer,
             std::shared_ptr<FeedForward> feed_forward)
    : pre_(norm.place == NormPlace::pre), mixer_(std::move(mixer)), feed_forward_(std::move(feed_forward)) {
  mixer_norm_ = register_module("mixer_norm", std::make_shared<Norm>(norm, width));
  register_module("mixer", mixer_);
  if (feed_forward_) {
    feed_forward_norm_ = register_module("feed_forward_norm", std::make_shared<Norm>(norm, width));
    register_module("feed_forward", feed_forward_);
  }
}

template <class Part>
Tensor Block::residual(const Tensor& x, const Norm& norm, Part&& part) const {
  return pre_ ? x + part(norm.forward(x)) : norm.forward(x + part(x));
}

Tensor Block::forward(const Tensor& x, const Given& given, Memory* memory) const {
  Tensor h = residual(x, *mixer_norm_, [&](const Tensor& y) { return mixer_->forward(y, given, memory); });
  if (!feed_forward_) return h;
  return residual(h, *feed_forward_norm_, [&](const Tensor& y) { return feed_forward_->forward(y); });
}

}  // namespace lx
