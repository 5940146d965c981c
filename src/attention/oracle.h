// Attention the slow way: every logit from its one-line definition (pair_rule.h), one pair at a time. Shares nothing
// with plan and executor; `lx selfcheck` and the laws hold them against it.
#pragma once

#include "attention/stack.h"

namespace lx {

/// Softmax weights [B,H,T,T] float64 of a whole text. q [B,H,T,D], k [B,Hk,T,D]: content; hidden [B,T,C].
Tensor oracle_weights(const Stack& stack, const Tensor& q, const Tensor& k, const Tensor& hidden, const Given& given,
                      bool training);

/// The model's input x [B,T,C] after the stack's absolute positions, float64.
Tensor oracle_input(const Stack& stack, const Tensor& x, const Given& given, bool training);

}  // namespace lx
