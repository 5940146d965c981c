#include "attention/score_modifier.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {

void Addends::add_sink(const Tensor& logit) { sink = sink.defined() ? at::logaddexp(sink, logit) : logit; }
void Addends::add_gate(const Tensor& log) { log_gate = log_gate.defined() ? log_gate + log : log; }

Tensor ScoreModifier::parameter(std::string name, Tensor initial) {
  initial.set_requires_grad(true);
  parameters_.push_back({std::move(name), initial});
  return initial;
}

}  // namespace lx
