// Fused attention is plain attention: outputs and all gradients, over the whole algebra, random plans of ragged sizes,
// in both precisions, on poisoned buffers.
#include "attention/attend.h"
#include "attention/bands.h"
#include "catch.h"
#include "laws/attend_cases.h"
#include "ops/precision.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <random>

using namespace lx;
using namespace lx::laws;

namespace {

/// A plan as leaves of one type, and what it is differentiated by.
struct Posed {
  ScorePlan plan;
  Tensor v;
  std::vector<Tensor> inputs;

  static Tensor leaf(const Tensor& x, at::ScalarType type) {
    return x.detach().to(type).clone().set_requires_grad(true);
  }

  /// `values`: the type that numbers are rounded to; `held`: the type they are held in.
  Posed(const ScorePlan& from, const Tensor& values_of, at::ScalarType values, at::ScalarType held) : plan(from) {
    const auto pose = [&](const Tensor& x) {
      Tensor posed = leaf(x.detach().to(values), held);
      inputs.push_back(posed);
      return posed;
    };
    for (View& view : plan.views) {
      view.q = pose(view.q);
      view.k = pose(view.k);
    }
    v = pose(values_of);
    const at::ScalarType real = held == at::kBFloat16 ? at::kFloat : held;
    const bool same = plan.decay_q.defined() && plan.decay_q.is_same(plan.decay_k);
    for (Tensor* extra : {&plan.bias, &plan.decay_q, &plan.decay_k, &plan.sink}) {
      if (!extra->defined()) continue;
      if (extra == &plan.decay_k && same) {
        plan.decay_k = plan.decay_q;
        continue;
      }
      *extra = leaf(*extra, real);
      inputs.push_back(*extra);
    }
  }
};

struct Compared {
  double out = 0, gradients = 0;  // largest difference over the largest value
  std::string where;
};

double difference(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined() ? 0 : INFINITY;
  const Tensor x = a.detach().to(at::kDouble), y = b.detach().to(at::kDouble);
  const double gap = (x - y).abs().max().item<double>();
  return std::isfinite(gap) ? gap / (y.abs().max().item<double>() + 1e-3) : INFINITY;
}

Compared compare(const ScorePlan& plan, const Tensor& v, at::ScalarType type) {
  const Posed exact(plan, v, type, at::kDouble), posed(plan, v, type, type);
  const Tensor expected = attend_reference(exact.plan, exact.v), got = attend_fused(posed.plan, posed.v);
  const Tensor probe = at::randn_like(expected);
  const auto wanted = torch::autograd::grad({(expected * probe).sum()}, exact.inputs, {}, false, false, true);
  const auto given =
      torch::autograd::grad({(got * probe.to(got.scalar_type())).sum()}, posed.inputs, {}, false, false, true);
  Compared result{difference(got, expected), 0, ""};
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Tensor own = wanted[i].defined() ? wanted[i] : at::zeros_like(exact.inputs[i]);
    const Tensor other = given[i].defined() ? given[i] : at::zeros_like(posed.inputs[i]);
    const double gap = difference(other, own);
    if (gap >= result.gradients) {
      result.gradients = gap;
      result.where = "input " + std::to_string(i);
    }
  }
  return result;
}

struct Built {
  ScorePlan plan;
  Tensor v;
};

Built build(const AttendCase& c) {
  at::manual_seed(3);
  Built built;
  built.plan.offset = c.keys - c.queries;
  built.plan.views = {random_view(kFromEverywhere, c)};
  c.edit(built.plan);
  built.v = random_tensor({kBatch, c.key_heads, c.keys, kValue});
  return built;
}

// float32 sums of a few hundred terms round at 1e-6; a weight differs by its logit's error. bfloat16 keeps 8 bits of
// each weight, slope and result: 1/256 of the largest value, a few of them in a row.
constexpr double kFloatBound = 2e-5, kHalfBound = 3e-2;

void check(const ScorePlan& plan, const Tensor& v) {
  const Compared floats = compare(plan, v, at::kFloat);
  INFO("float32: " << floats.where);
  CHECK(floats.out < kFloatBound);
  CHECK(floats.gradients < kFloatBound);
  const UsePrecision half(Precision::bf16);
  const Compared halves = compare(plan, v, at::kBFloat16);
  INFO("bfloat16: " << halves.where);
  CHECK(halves.out < kHalfBound);
  CHECK(halves.gradients < kHalfBound);
}

}  // namespace

TEST_CASE("fused attention is plain attention, for the whole algebra") {
  for (const AttendCase& c : attend_cases()) {
    INFO(c.name);
    const Built built = build(c);
    check(built.plan, built.v);
  }
}
