#include "attention/attend.h"

#include "base/error.h"
#include "ops/work.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <atomic>
#include <optional>

namespace lx {
namespace {

struct ExecutorAtWork {
  static inline std::atomic<Executor> now = Executor::best;
};

struct Attending {
  /// Pairs that queries see, as ops/work.h defines the work of attention.
  static int64_t operations(const ScorePlan& plan, const Tensor& v) {
    const Tensor& q = plan.views.front().q;
    const Tensor seen = plan.visible.count(plan.offset, q.size(2), v.size(2));  // [1 or B,1,Tq]
    const auto pairs = static_cast<int64_t>(seen.sum().item<double>()) * (q.size(0) / seen.size(0));
    return 2 * (q.size(3) + v.size(3)) * q.size(1) * pairs;
  }

  /// Both ways. bfloat16 factors have 8 bits: a logit of 10 may be off by 0.02 and its weight by 2 %.
  static Tensor checked(const ScorePlan& plan, const Tensor& v) {
    const Tensor fused = attend_fused(plan, v);
    const at::NoGradGuard off;
    const Tensor reference = attend_reference(plan, v).to(at::kFloat), given = fused.detach().to(at::kFloat);
    const double bound = v.scalar_type() == at::kBFloat16 ? 0.05 : 1e-4;
    const Tensor wrong = ((given - reference).abs() > bound * (1 + reference.abs())).logical_or(given.isnan());
    if (wrong.any().item<bool>()) {
      const Tensor at = wrong.nonzero()[0];
      const auto index = [&](int64_t i) { return at[i].item<int64_t>(); };
      const auto value = [&](const Tensor& x) { return x[index(0)][index(1)][index(2)][index(3)].item<double>(); };
      fail("fused and plain attention differ first at example {}, head {}, query {}, channel {}: {} and {}", index(0),
           index(1), index(2), index(3), value(given), value(reference));
    }
    return fused;
  }
};

}  // namespace

Executor executor() { return ExecutorAtWork::now.load(std::memory_order_relaxed); }
void set_executor(Executor executor) { ExecutorAtWork::now.store(executor, std::memory_order_relaxed); }

Tensor attend(const ScorePlan& plan, const Tensor& v) {
  std::optional<WorkCounter::Pause> rectangles_do_not_count;
  if (WorkCounter::on()) {
    WorkCounter::add(Attending::operations(plan, v));
    rectangles_do_not_count.emplace();
  }
  switch (executor()) {
    case Executor::reference:
      return attend_reference(plan, v);
    case Executor::fused:
      return attend_fused(plan, v);
    case Executor::best:
    case Executor::checked:
      break;
  }
  if (!not_fused_because(plan, v).empty()) return attend_reference(plan, v);
  return executor() == Executor::checked ? Attending::checked(plan, v) : attend_fused(plan, v);
}

}  // namespace lx
