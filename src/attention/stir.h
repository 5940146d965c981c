// Learned parameters moved off their starting values: a gate of zero or a slope of one hides mistakes.
#pragma once

#include "attention/stack.h"

namespace lx {

/// Adds noise of deviation 0.3 to every parameter of the stack's modifiers, the same each time.
void stir(const Stack& stack);

/// Parameters in float64, so that a law is broken by logic and never by rounding. Values stay as they are.
void make_exact(const Stack& stack);

}  // namespace lx
