// Runs a plan: by fused tiles where they serve, by plain ATen where they do not.
#pragma once

#include "attention/score_plan.h"

#include <string>

namespace lx {

/// best: fused where it can (CPU, float32 or bfloat16, no rewriters); reference: always plain ATen; fused: refuses what
/// it cannot run; checked: both, and throws at the first element in which they differ.
enum class Executor { best, reference, fused, checked };

/// For the whole process, like its precision (runtime.attend).
Executor executor();
void set_executor(Executor executor);

/// For a scope; what held before comes back.
class UseExecutor {
 public:
  explicit UseExecutor(Executor wanted) : before_(executor()) { set_executor(wanted); }
  ~UseExecutor() { set_executor(before_); }
  UseExecutor(const UseExecutor&) = delete;
  UseExecutor& operator=(const UseExecutor&) = delete;

 private:
  Executor before_;
};

/// v [B,Hk,Tk,Dv] -> [B,H,Tq,Dv] of v's type. A query that sees nothing gives zero.
Tensor attend(const ScorePlan& plan, const Tensor& v);

/// What keeps fused tiles from running such a plan, in a few words; empty: nothing.
std::string not_fused_because(const ScorePlan& plan, const Tensor& v);

/// Fused tiles: O(T) memory forward and backward, nothing spent on tiles that are not seen. Throws Error for a plan it
/// cannot run.
Tensor attend_fused(const ScorePlan& plan, const Tensor& v);

}  // namespace lx
