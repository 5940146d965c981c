// Counts the floating-point operations of products while they are executed: what formulas of cost are held against.
//
// Exact work. A product [m,k] x [k,n] is 2 m n k operations (a multiplication and an addition are two). Attention
// counts the pairs that a query sees, 2 (D + Dv) each and head, whatever rectangles an executor computes around them:
// the causal half counts once, a window counts its keys. Norms, activations, softmax, biases, rotations, and the small
// maps inside some modifiers are no products here. Only forward passes count.
#pragma once

#include <cstdint>

namespace lx {

/// Counts what this thread multiplies while it lives. The innermost one counts; when it ends, the next outer one gets
/// its sum.
class CountWork {
 public:
  CountWork();
  ~CountWork();
  CountWork(const CountWork&) = delete;
  CountWork& operator=(const CountWork&) = delete;
  int64_t operations() const { return operations_; }

 private:
  friend class WorkCounter;
  int64_t operations_ = 0;
  CountWork* outer_;
};

/// For what executes products.
class WorkCounter {
 public:
  /// Is this thread counting?
  static bool on();
  static void add(int64_t operations);

  /// While it lives nothing is counted: for executors that count by pairs, not by rectangles.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    CountWork* paused_;
  };
};

}  // namespace lx
