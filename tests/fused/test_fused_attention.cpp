// Fused attention is plain attention: outputs and all gradients, over the whole algebra, random plans of ragged sizes,
// in both precisions, on poisoned buffers.
#include "attention/attend.h"
#include "attention/bands.h"
#include "catch.h"
#include "laws/attend_cases.h"
#include "ops/precision.h"
#include "tensor/tensor_memory.h"

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
  double out = 0, gradients = 0, extras = 0;  // largest difference over the largest value
  std::string where;
};

double difference(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined() ? 0 : INFINITY;
  const Tensor x = a.detach().to(at::kDouble), y = b.detach().to(at::kDouble);
  const double gap = (x - y).abs().max().item<double>();
  return std::isfinite(gap) ? gap / (y.abs().max().item<double>() + 1e-3) : INFINITY;
}

Compared compare(const ScorePlan& plan, const Tensor& v, at::ScalarType type) {
  const PoisonTensorMemory whatever_is_not_written_shows;
  const Posed exact(plan, v, type, at::kDouble), posed(plan, v, type, type);
  const Tensor expected = attend_reference(exact.plan, exact.v), got = attend_fused(posed.plan, posed.v);
  const Tensor probe = at::randn_like(expected);
  const auto wanted = torch::autograd::grad({(expected * probe).sum()}, exact.inputs, {}, false, false, true);
  const auto given =
      torch::autograd::grad({(got * probe.to(got.scalar_type())).sum()}, posed.inputs, {}, false, false, true);
  Compared result{difference(got, expected), 0, 0, ""};
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Tensor own = wanted[i].defined() ? wanted[i] : at::zeros_like(exact.inputs[i]);
    const Tensor other = given[i].defined() ? given[i] : at::zeros_like(posed.inputs[i]);
    const double gap = difference(other, own);
    double& kind = i <= 2 * plan.views.size() ? result.gradients : result.extras;  // queries, keys, values first
    if (gap >= kind) result.where += " input " + std::to_string(i) + ": " + std::to_string(gap);
    kind = std::max(kind, gap);
  }
  return result;
}

// float32 sums of a few hundred terms round at 1e-6; a weight differs by its logit's error; slopes of biases, gates and
// sinks cancel, which leaves their rounding. bfloat16 keeps 8 bits of each weight, slope and result: 1/256 of the
// largest value, a few of them in a row.
constexpr double kFloatBound = 2e-5, kFloatSlopeBound = 2e-4, kHalfBound = 3e-2, kHalfSlopeBound = 6e-2,
                 kHalfExtrasBound = 0.3;

void check(const ScorePlan& plan, const Tensor& v) {
  const Compared floats = compare(plan, v, at::kFloat);
  INFO("float32: " << floats.where);
  CHECK(floats.out < kFloatBound);
  CHECK(floats.gradients < kFloatSlopeBound);
  CHECK(floats.extras < kFloatSlopeBound);
  const UsePrecision half(Precision::bf16);
  const Compared halves = compare(plan, v, at::kBFloat16);
  INFO("bfloat16: " << halves.where);
  CHECK(halves.out < kHalfBound);
  CHECK(halves.gradients < kHalfSlopeBound);
  CHECK(halves.extras < kHalfExtrasBound);
}

}  // namespace

TEST_CASE("fused attention is plain attention, for the whole algebra") {
  for (const AttendCase& c : attend_cases()) {
    INFO(c.name);
    const Built built = build(c);
    check(built.plan, built.v);
  }
}

namespace {

/// A random plan: any widths, ragged sizes, any mask, bands, biases, gates and sinks that may stand together.
struct RandomPlan {
  std::mt19937 random;
  int64_t below(int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); }
  bool chance() { return below(2) == 0; }

  Built make() {
    const int64_t width = 1 + below(80), value = 1 + below(90), key_heads = 1 + below(2),
                  heads = key_heads * (1 + below(3));
    const int64_t queries = 1 + below(200), keys = chance() ? queries : queries + below(150), batch = 1 + below(3);
    const auto normal = [](at::IntArrayRef shape) { return at::randn(shape, at::kDouble); };
    Built built;
    ScorePlan& p = built.plan;
    p.offset = keys - queries;
    const int64_t views = 1 + below(3);
    int64_t from = kFromEverywhere;
    if (below(4) == 0) p.unit = 1 + below(30);
    for (int64_t v = 0; v < views; ++v) {
      p.views.push_back({from, normal({batch, heads, queries, width}) * 0.3, normal({batch, key_heads, keys, width})});
      from = v == 0 ? below(60) - 20 : from + 1 + below(60);
    }
    if (chance()) p.visible.prefix = at::randint(0, keys + 1, {batch}, at::kLong);
    if (chance()) p.visible.window = 1 + below(100);
    if (chance()) p.visible.sinks = below(6);
    if (below(4) == 0) p.visible.block = 1 + below(50);
    if (below(4) == 0) p.visible.lengths = at::randint(0, keys + 1, {batch}, at::kLong);
    p.visible.order = std::array{Order::past, Order::past, Order::future, Order::all}[static_cast<size_t>(below(4))];
    if (chance()) {
      p.bias = normal({heads, 1 + below(2 * keys)});
      p.origin = below(p.bias.size(1));
      const bool own = chance();  // examples have positions of their own
      if (chance())
        for (View& view : p.views) {
          view.query_position = at::randint(0, keys, {own ? batch : 1, queries}, at::kDouble);
          view.key_position = at::randint(0, keys, {own ? batch : 1, keys}, at::kDouble);
        }
    }
    if (chance()) {
      p.decay_q = normal({batch, heads, queries});
      p.decay_k = normal({batch, heads, keys});
    }
    if (chance()) p.sink = normal({heads});
    built.v = normal({batch, key_heads, keys, value});
    return built;
  }
};

}  // namespace

TEST_CASE("fused attention is plain attention, for random plans of ragged sizes") {
  at::manual_seed(5);
  RandomPlan random{std::mt19937(5)};
  for (int64_t round = 0; round < 60; ++round) {
    INFO("round " << round);
    const Built built = random.make();
    check(built.plan, built.v);
  }
}

TEST_CASE("fused attention runs any width of heads, and one head of very wide values") {
  at::manual_seed(7);
  const auto normal = [](at::IntArrayRef shape) { return at::randn(shape, at::kDouble); };
  for (const auto& [width, value] : {std::pair<int64_t, int64_t>{128, 1536}, {256, 256}, {1, 1}, {33, 7}, {192, 100}}) {
    INFO(width << " and " << value);
    ScorePlan plan;
    plan.views = {{kFromEverywhere, normal({1, 1, 130, width}) / std::sqrt(static_cast<double>(width)),
                   normal({1, 1, 130, width})}};
    check(plan, normal({1, 1, 130, value}));
  }
}

TEST_CASE("fused attention reads tensors as they lie") {
  at::manual_seed(9);
  const Tensor rows = at::randn({2, 100, 6, 10}, at::kDouble);  // queries, keys, values of two heads side by side
  ScorePlan plan;
  plan.views = {{kFromEverywhere, rows.narrow(2, 0, 2).transpose(1, 2), rows.narrow(2, 2, 2).transpose(1, 2)}};
  const Tensor v = rows.narrow(2, 4, 2).transpose(1, 2);
  const at::NoGradGuard off;
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const UsePrecision use(type == at::kFloat ? Precision::fp32 : Precision::bf16);
    ScorePlan lying = plan;
    const Tensor all = rows.to(type);
    lying.views[0].q = all.narrow(2, 0, 2).transpose(1, 2);
    lying.views[0].k = all.narrow(2, 2, 2).transpose(1, 2);
    const Tensor got = attend_fused(lying, all.narrow(2, 4, 2).transpose(1, 2));
    CHECK(got.scalar_type() == type);
    CHECK(difference(got, attend_reference(plan, v)) < (type == at::kFloat ? kFloatBound : kHalfBound));
  }
}

TEST_CASE("fused attention gives the same bits again, and one thread or two only differ in rounding") {
  at::manual_seed(11);
  RandomPlan random{std::mt19937(11)};
  const int threads = at::get_num_threads();
  for (int64_t round = 0; round < 10; ++round) {
    const Built built = random.make();
    const auto run = [&](int count) {
      at::set_num_threads(count);
      const Posed posed(built.plan, built.v, at::kFloat, at::kFloat);
      const Tensor out = attend_fused(posed.plan, posed.v);
      auto all = torch::autograd::grad({out.sum()}, posed.inputs, {}, false, false, true);
      all.push_back(out);
      return all;
    };
    const auto once = run(2), again = run(2), alone = run(1);
    for (size_t i = 0; i < once.size(); ++i) {
      if (!once[i].defined()) continue;
      CHECK(at::equal(once[i], again[i]));
      CHECK(difference(alone[i], once[i]) < kFloatSlopeBound);
    }
  }
  at::set_num_threads(threads);
}

TEST_CASE("what fused attention cannot run it refuses, and checked attention names where it differs") {
  ScorePlan plan;
  const Tensor x = at::randn({1, 1, 5, 4}, at::kDouble);
  plan.views = {{kFromEverywhere, x, x}};
  CHECK_THROWS_WITH(attend_fused(plan, x), Catch::Contains("neither float32 nor bfloat16"));
  const UseExecutor best(Executor::best);
  CHECK(at::equal(attend(plan, x), attend_reference(plan, x)));
  plan.curve = [](const Tensor& d) { return d.unsqueeze(0); };
  plan.views = {{kFromEverywhere, x.to(at::kFloat), x.to(at::kFloat)}};
  CHECK_THROWS_WITH(attend_fused(plan, x.to(at::kFloat)), Catch::Contains("no whole numbers"));
  plan.curve = nullptr;
  const UseExecutor checked(Executor::checked);
  CHECK(difference(attend(plan, x.to(at::kFloat)), attend_reference(plan, x.to(at::kFloat))) < kFloatBound);
}

TEST_CASE("a NaN in a value that is read shows in what reads it, and nowhere else") {
  at::manual_seed(13);
  ScorePlan plan;
  const Tensor q = at::randn({1, 1, 100, 8});
  plan.views = {{kFromEverywhere, q, q}};
  Tensor v = at::randn({1, 1, 100, 8});
  v[0][0][80][3] = NAN;
  const at::NoGradGuard off;
  const Tensor out = attend_fused(plan, v);
  CHECK_FALSE(out.narrow(2, 0, 64).isnan().any().item<bool>());  // the tile before it
  CHECK(out.narrow(2, 80, 20).select(3, 3).isnan().all().item<bool>());
}
