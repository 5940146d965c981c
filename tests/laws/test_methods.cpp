// Every mechanism against its one-line definition, pair by pair (oracle.h).
#include "attention/attend.h"
#include "attention/stack.h"
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "encoding/stack_config.h"
#include "laws/oracle.h"
#include "laws/subjects.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <numbers>

using namespace lx;
using lx::laws::make_stack;
using oracle::Method;
using oracle::Vector;

namespace {

constexpr int64_t kMethodTrained = 12, kMethodTokens = 40, kMethodWidth = 8;

Vector rope_theta(int64_t pairs, double base = 10000) {
  Vector theta;
  for (int64_t m = 0; m < pairs; ++m)
    theta.push_back(std::pow(base, -static_cast<double>(m) / static_cast<double>(pairs)));
  return theta;
}

/// RoPE's frequencies edited pair by pair: edit(m, theta_m, pairs).
auto edited(std::function<double(double m, double theta, double pairs)> edit) {
  return [edit](int64_t pairs) {
    Vector theta = rope_theta(pairs);
    for (int64_t m = 0; m < pairs; ++m) {
      double& value = theta[static_cast<size_t>(m)];
      value = edit(static_cast<double>(m), value, static_cast<double>(pairs));
    }
    return theta;
  };
}

auto rope() {
  return [](int64_t pairs) { return rope_theta(pairs); };
}

auto leaky(double window, double interval) {
  return [=](int64_t i, int64_t j) {
    const auto d = static_cast<double>(i - j);
    return d < window ? d : window + (d - window) * interval;
  };
}

auto windowed(int64_t size, int64_t sinks) {
  return [=](int64_t i, int64_t j) { return j <= i && (i - j < size || j < sinks); };
}

double log_ratio(int64_t seen, double base) { return std::log(static_cast<double>(seen)) / std::log(base); }

std::vector<Method> methods() {
  const auto sqrt_width = std::sqrt(static_cast<double>(kMethodWidth));
  const auto scaled = [](Vector x, double by) {
    for (double& value : x) value *= by;
    return x;
  };
  const auto unit_key = [=](Vector&, Vector& k) { k = scaled(oracle::unit(k), sqrt_width); };
  const auto unit_query = [=](Vector& q, Vector&) { q = scaled(oracle::unit(q), sqrt_width); };
  const auto unit_both = [=](Vector& q, Vector& k) {
    q = scaled(oracle::unit(q), sqrt_width);
    k = oracle::unit(k);
  };
  const double s = 8, n = kMethodTrained;
  const auto turns = [=](double theta) { return theta * n / (2 * std::numbers::pi); };
  return {
      {"no position", "[]", {}, {}, {}, {}, {}},
      {"RoPE", "[rope]", {}, rope(), {}, {}, {}},
      {"RoPE, another base", "[{rope: {base: 500}}]", {}, [](int64_t p) { return rope_theta(p, 500); }, {}, {}, {}},
      {"PI", "[rope, {pi: {factor: 8}}]", {}, edited([=](double, double t, double) { return t / s; }), {}, {}, {}},
      {"PI that follows the context",
       "[rope, pi]",
       {},
       edited([=](double, double t, double) { return t * n / kMethodTokens; }),
       {},
       {},
       {}},
      {"NTK aware",
       "[rope, {ntk: {factor: 8}}]",
       {},
       edited([=](double m, double t, double p) { return t * std::pow(s, -2 * m / (2 * p - 2)); }),
       {},
       {},
       {}},
      {"NTK old",
       "[rope, {ntk: {factor: 8, kind: old}}]",
       {},
       edited([=](double m, double, double p) { return std::pow(10000 * s, -m / p); }),
       {},
       {},
       {}},
      {"NTK fixed",
       "[rope, {ntk: {factor: 8, kind: fixed}}]",
       {},
       edited([=](double m, double t, double p) { return t * std::pow(std::pow(s, 1 / p), -(m + 1)); }),
       {},
       {},
       {}},
      {"NTK mixed",
       "[rope, {ntk: {factor: 8, kind: mixed, exponent: 0.625}}]",
       {},
       edited([=](double m, double t, double p) {
         return t * std::exp(-std::log(s) / std::pow(p, 0.625) * std::pow(m + 1, 0.625));
       }),
       {},
       {},
       {}},
      {"YaRN, ramp by turns",
       "[rope, {yarn: {factor: 8, fast: 1.5, slow: 0.1, ramp: turns}}]",
       {},
       edited([=](double, double t, double) {
         const double kept = std::clamp((turns(t) - 0.1) / (1.5 - 0.1), 0.0, 1.0);
         return t * kept + t / s * (1 - kept);
       }),
       {},
       [=](int64_t) { return std::pow(0.1 * std::log(s) + 1, 2); },
       {}},
      {"YaRN, ramp by index",
       "[rope, {yarn: {factor: 8, fast: 1.5, slow: 0.1, temperature: false}}]",
       {},
       edited([=](double m, double t, double p) {
         const auto pair_with = [&](double count) {
           return 2 * p * std::log(n / (2 * std::numbers::pi * count)) / (2 * std::log(10000));
         };
         const double low = std::max(std::floor(pair_with(1.5)), 0.0),
                      high = std::min(std::ceil(pair_with(0.1)), 2 * p - 1);
         const double r = std::clamp((m - low) / (high - low), 0.0, 1.0);
         return t * (1 - r) + t / s * r;
       }),
       {},
       {},
       {}},
      {"ReRoPE", "[rope, {rerope: {window: 5}}]", leaky(5, 0), rope(), {}, {}, {}},
      {"Leaky ReRoPE", "[rope, {rerope: {window: 5, interval: 0.125}}]", leaky(5, 0.125), rope(), {}, {}, {}},
      {"inverse Leaky ReRoPE", "[rope, {rerope: {window: 5, interval: 16}}]", leaky(5, 16), rope(), {}, {}, {}},
      {"window", "[rope, {window: {size: 7}}]", {}, rope(), windowed(7, 0), {}, {}},
      {"window of the trained length", "[rope, window]", {}, rope(), windowed(kMethodTrained, 0), {}, {}},
      {"window with sinks", "[rope, {window: {size: 7, sinks: 3}}]", {}, rope(), windowed(7, 3), {}, {}},
      {"KeyNorm", "[rope, key_norm]", {}, rope(), {}, {}, unit_key},
      {"QueryNorm", "[rope, query_norm]", {}, rope(), {}, {}, unit_query},
      {"cosine, fixed scale",
       "[rope, cosine]",
       {},
       rope(),
       {},
       [=](int64_t) { return 4 * std::log(n / 2); },
       unit_both},
      {"cosine, scale by keys seen",
       "[rope, {cosine: {scale: 3, length: visible}}]",
       {},
       rope(),
       {},
       [=](int64_t seen) { return 3 * std::log(static_cast<double>(seen)); },
       unit_both},
      {"log n at test time",
       "[rope, log_n]",
       {},
       rope(),
       {},
       [=](int64_t seen) { return std::max(1.0, log_ratio(seen, n)); },
       {}},
      {"log n from training",
       "[rope, {log_n: {floor: 0, base: 20}}]",
       {},
       rope(),
       {},
       [=](int64_t seen) { return log_ratio(seen, 20); },
       {}},
      {"log n in a window counts what is seen",
       "[{window: {size: 7, sinks: 2}}, {log_n: {floor: 0}}]",
       {},
       {},
       windowed(7, 2),
       [=](int64_t seen) { return log_ratio(seen, n); },
       {}},
      {"KNA, log n, ReRoPE, NTK together",
       "[rope, key_norm, {log_n: {floor: 0}}, {rerope: {window: 6}}, {ntk: {factor: 4, kind: old}}]",
       leaky(6, 0),
       edited([=](double m, double, double p) { return std::pow(40000, -m / p); }),
       {},
       [=](int64_t seen) { return log_ratio(seen, n); },
       unit_key},
  };
}

std::vector<Vector> rows_of(const Tensor& x) {  // [T,D] -> vectors
  std::vector<Vector> rows;
  for (int64_t t = 0; t < x.size(0); ++t) {
    const Tensor row = x[t].contiguous();
    rows.emplace_back(row.data_ptr<double>(), row.data_ptr<double>() + row.numel());
  }
  return rows;
}

}  // namespace

TEST_CASE("each method equals its one-line definition, pair by pair") {
  at::manual_seed(1);
  const Shape shape{
      .heads = 1, .key_heads = 1, .head_dim = kMethodWidth, .width = kMethodWidth, .trained_length = kMethodTrained};
  for (const Method& method : methods()) {
    INFO(method.name << " " << method.yaml);
    const Tensor q = at::randn({1, 1, kMethodTokens, kMethodWidth}, at::kDouble),
                 k = at::randn({1, 1, kMethodTokens, kMethodWidth}, at::kDouble);
    Tensor v = at::randn({1, 1, kMethodTokens, 3}, at::kDouble);
    const Stack stack = make_stack(method.yaml, shape);
    const ScorePlan plan = stack.plan(q, k, v, Tensor(), {}, false);
    const Tensor got = attention_weights(plan, 0, kMethodTokens)[0][0];
    const auto queries = rows_of(q[0][0]), keys = rows_of(k[0][0]);
    double worst = 0;
    for (int64_t i = 0; i < kMethodTokens; ++i) {
      const Vector want = oracle::weights(method, queries, keys, i);
      for (int64_t j = 0; j < kMethodTokens; ++j) {
        worst = std::max(worst, std::abs(want[static_cast<size_t>(j)] - got[i][j].item<double>()));
      }
    }
    CHECK(worst < 1e-9);
    const Tensor mixed = attend(plan, v);
    CHECK((mixed - at::matmul(got, v)).abs().max().item<double>() < 1e-12);
  }
}

TEST_CASE("qk_bias adds its vectors to queries and keys before they turn") {
  at::manual_seed(2);
  const Shape shape{
      .heads = 2, .key_heads = 1, .head_dim = kMethodWidth, .width = kMethodWidth, .trained_length = kMethodTrained};
  const Stack biased = make_stack("[rope, qk_bias]", shape), plain = make_stack("[rope]", shape);
  const auto& parameters = biased.items()[1].modifier->parameters();
  REQUIRE(parameters.size() == 2);
  {
    at::NoGradGuard off;
    for (const Parameter& p : parameters) p.tensor.copy_(at::randn(p.tensor.sizes()));
  }
  const Tensor q = at::randn({2, 2, kMethodTokens, kMethodWidth}), k = at::randn({2, 1, kMethodTokens, kMethodWidth});
  Tensor v = at::randn({2, 1, kMethodTokens, 4}), w = v;
  const Tensor got = attend(biased.plan(q, k, v, {}, {}, true), v);
  const Tensor want = attend(plain.plan(q + parameters[0].tensor, k + parameters[1].tensor, w, {}, {}, true), w);
  CHECK((got - want).abs().max().item<double>() < 1e-6);
}

TEST_CASE("relative positions of known maps") {
  // Query 9, keys 0..9 (Leaky w=4 k=2; ReRoPE w=4), read off the plan's positions through a rotation by one radian.
  const auto map_of = [](const std::string& yaml) {
    const Shape shape{.heads = 1, .key_heads = 1, .head_dim = 2, .width = 2, .trained_length = 8};
    const Tensor ones = at::tensor({1.0, 0.0}, at::kDouble).expand({1, 1, 10, 2}).contiguous();
    Tensor v = ones;
    const ScorePlan plan = make_stack(yaml, shape).plan(ones, ones, v, {}, {}, false);
    Vector positions;
    for (int64_t j = 0; j < 10; ++j) {
      const View& view = plan.views.size() == 1 || 9 - j < plan.views[1].from ? plan.views[0] : plan.views[1];
      const Tensor a = view.q[0][0][9], b = view.k[0][0][j];
      const double angle =
          std::atan2(a[1].item<double>(), a[0].item<double>()) - std::atan2(b[1].item<double>(), b[0].item<double>());
      const double turn = 2 * std::numbers::pi;
      positions.push_back(std::round((angle - std::floor(angle / turn + 1e-9) * turn) * 1000) / 1000);
    }
    return positions;
  };
  CHECK(map_of("[rope, {rerope: {window: 4}}]") == Vector{4, 4, 4, 4, 4, 4, 3, 2, 1, 0});
  const Vector leaky_map = map_of("[rope, {rerope: {window: 4, interval: 0.5}}]");
  CHECK(leaky_map == Vector{0.217, 6, 5.5, 5, 4.5, 4, 3, 2, 1, 0});  // 6.5 less a full turn of 6.283
}

TEST_CASE("YaRN's ramp stands where the paper's code puts it") {
  // D = 128, N = 2048, factor 10: pairs up to 16 are kept, pairs from 41 on are interpolated.
  const Shape shape{.heads = 1, .key_heads = 1, .head_dim = 128, .width = 128, .trained_length = 2048};
  const Stack stack = make_stack("[rope, {yarn: {factor: 10}}]", shape);
  Frequencies plain, scaled;
  const Scene scene{.shape = shape};
  stack.items()[0].modifier->tune(plain, scene);
  scaled = plain;
  stack.items()[1].modifier->tune(scaled, scene);
  const Tensor ratio = plain.theta / scaled.theta;
  CHECK(ratio[16].item<double>() == Approx(1));
  CHECK(ratio[17].item<double>() > 1.001);
  CHECK(ratio[40].item<double>() < 9.99);
  CHECK(ratio[41].item<double>() == Approx(10));
}

TEST_CASE("NTK divides the slowest pair by the factor and leaves the fastest") {
  const Shape shape{.heads = 1, .key_heads = 1, .head_dim = 128, .width = 128, .trained_length = 2048};
  const Scene scene{.shape = shape};
  Frequencies theta;
  make_stack("[rope]", shape).items()[0].modifier->tune(theta, scene);
  Frequencies scaled = theta;
  make_stack("[rope, {ntk: {factor: 10}}]", shape).items()[1].modifier->tune(scaled, scene);
  CHECK((theta.theta[63] / scaled.theta[63]).item<double>() == Approx(10));
  CHECK((theta.theta[0] / scaled.theta[0]).item<double>() == Approx(1));
}
