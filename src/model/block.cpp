#include "model/block.h"

#include "model/stretches.h"
#include "ops/activation.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace lx {

FeedForward::FeedForward(const FeedForwardConfig& config, int64_t width, double dropout_rate, const Initialiser& init)
    : activation_(config.activation), dropout_(dropout_rate) {
  const int64_t inner =
      config.inner > 0 ? config.inner : static_cast<int64_t>(std::llround(config.ratio * static_cast<double>(width)));
  const int64_t maps = activation_ == Activation::swiglu ? 2 : 1;
  inner_ = register_module(
      "inner", std::make_shared<Linear>(init.matrix("inner", maps * inner, width, false), config.bias.has("inner")));
  output_ = register_module(
      "output", std::make_shared<Linear>(init.matrix("output", width, inner, true), config.bias.has("output")));
}

Tensor FeedForward::forward(const Tensor& x) const {
  if (by_stretches(x)) {
    const Tensor rows = x.reshape({-1, x.size(-1)});
    return in_stretches(rows.size(0), [&](int64_t from, int64_t count) { return forward(rows.narrow(0, from, count)); })
        .view(x.sizes());
  }
  Tensor h = inner_->forward(x);
  switch (activation_) {
    case Activation::gelu:
      h = lx::gelu(std::move(h));
      break;
    case Activation::relu2:
      h = squared_relu(std::move(h));
      break;
    case Activation::swiglu:
      h = swiglu(h);
      break;
  }
  return drop(output_->forward(h), dropout_, is_training());
}

Block::Block(const NormConfig& norm, int64_t width, int64_t blocks, std::shared_ptr<Mixer> mixer,
             std::shared_ptr<FeedForward> feed_forward, std::shared_ptr<CrossAttention> cross)
    : mixer_(std::move(mixer)),
      feed_forward_(std::move(feed_forward)),
      cross_(std::move(cross)),
      mixer_residual_(norm, width, blocks),
      feed_forward_residual_(norm, width, blocks),
      cross_residual_(norm, width, blocks) {
  mixer_residual_.join(*this, "mixer");
  register_module("mixer", mixer_);
  if (cross_) {
    cross_residual_.join(*this, "cross");
    register_module("cross", cross_);
  }
  if (feed_forward_) {
    feed_forward_residual_.join(*this, "feed_forward");
    register_module("feed_forward", feed_forward_);
  }
}

void Block::read_source(Stream& stream, const Given& given, int64_t read, Memory* memory, const Source* source) const {
  if (memory && memory->cross.empty() && source) memory->cross.resize(1);
  Memory* kept = memory && !memory->cross.empty() ? &memory->cross.front() : nullptr;
  if (!source && !kept) return;
  if (source ? source->hidden.size(1) == 0 : kept->length == 0) return;
  const auto part = [&](const Tensor& y) { return cross_->forward(y, source, given, read, kept); };
  const Tensor& lengths = source ? source->lengths : kept->lengths;
  if (!lengths.defined() || lengths.min().item<int64_t>() > 0) return cross_residual_(stream, part);
  const Tensor before = stream.sum();
  Stream with(before);
  cross_residual_(with, part);
  stream = Stream(at::where((lengths > 0).to(before.device()).view({-1, 1, 1}), with.sum(), before));
}

void Block::forward(Stream& stream, const Given& given, Memory* memory, const Source* source) const {
  const int64_t read = memory ? memory->length : 0;
  mixer_residual_(stream, [&](Tensor y) { return mixer_->forward(std::move(y), given, memory); });
  if (cross_) read_source(stream, given, read, memory, source);
  if (feed_forward_) feed_forward_residual_(stream, [&](const Tensor& y) { return feed_forward_->forward(y); });
}

void Block::add_work(Work& work, const Call& call) const {
  mixer_->add_work(work, call);
  if (cross_ && call.source > 0) cross_->add_work(work, call);
  if (feed_forward_) work.feed_forward += feed_forward_->operations(call.batch * call.queries);
}

}  // namespace lx
