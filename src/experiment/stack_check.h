// One stack, judged on this machine: the fast path (attend on the plan, float32), the memory path (token by token) and
// the slow oracle (pair by pair from the one-line definitions, in doubles) must tell the same.
#pragma once

#include "attention/stack.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lx {

/// Differences of outputs of order one, in float32; of gradients relative to 1 + their size, in float64.
constexpr double kCheckTolerance = 1e-4;

/// The largest difference met, and in which call.
struct Difference {
  std::optional<double> value;  // empty: there was nothing to compare
  std::string call;             // "training, prefix"

  /// Keeps the larger one; NaN is the largest of all.
  void meet(double value, const std::string& call);
  void meet(const Difference& other, const std::string& place);
  bool within() const { return !value || *value <= kCheckTolerance; }
};

struct StackCheck {
  Difference definition;  // one pass against the one-line definitions
  Difference decoding;    // token by token against one pass
  Difference precision;   // float32 against float64
  Difference gradient;    // against finite differences, one direction for each input and each parameter
  std::string note;       // why decoding is not compared, or what else a reader should know

  bool ok() const { return definition.within() && decoding.within() && precision.within() && gradient.within(); }
  void meet(const StackCheck& other, const std::string& place);
};

/// Judges `stack` on a text of `tokens` tokens. Moves its parameters off their starting values first and leaves them in
/// float64. Throws what the stack throws: a method may refuse a text of that length.
StackCheck check_stack(const Stack& stack, int64_t tokens);

}  // namespace lx
