// The reference executor against the formula in score_plan.h, one logit at a time; and its gradients.
#include "attention/attend.h"
#include "attention/score_plan.h"
#include "catch.h"
#include "laws/attend_cases.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

using namespace lx;
using namespace lx::laws;

namespace {

bool sees(const Visibility& v, int64_t b, int64_t i, int64_t j) {
  const int64_t d = i - j;
  const int64_t prefix = v.prefix.defined() ? v.prefix[b].item<int64_t>() : 0;
  const bool order = (v.order == Order::all || (v.order == Order::future ? d <= 0 : d >= 0)) || j < prefix;
  const bool beside = v.block == 0 || std::abs(i / v.block - j / v.block) <= 1;
  const bool near = (std::abs(d) < v.window && beside) || j < v.sinks;
  return order && near && (!v.lengths.defined() || j < v.lengths[b].item<int64_t>());
}

double at_example(const Tensor& positions, int64_t b, int64_t t) {
  return (positions.dim() == 2 ? positions[b][t] : positions[t]).item<double>();
}

/// The formula, literally.
Tensor slow(const ScorePlan& p, const Tensor& v) {
  const int64_t queries = p.views[0].q.size(2), keys = v.size(2), group = kHeads / v.size(1);
  Tensor out = at::zeros({kBatch, kHeads, queries, v.size(3)}, at::kDouble);
  std::vector<std::pair<at::TensorAccessor<double, 4>, at::TensorAccessor<double, 4>>> views;
  for (const View& view : p.views) views.emplace_back(view.q.accessor<double, 4>(), view.k.accessor<double, 4>());
  const auto value = v.accessor<double, 4>();
  auto result = out.accessor<double, 4>();
  for (int64_t b = 0; b < kBatch; ++b) {
    for (int64_t h = 0; h < kHeads; ++h) {
      for (int64_t row = 0; row < queries; ++row) {
        const int64_t i = p.offset + row;
        std::vector<double> weight(static_cast<size_t>(keys));
        double total = p.sink.defined() ? std::exp(p.sink[h].item<double>()) : 0;
        for (int64_t j = 0; j < keys; ++j) {
          if (!sees(p.visible, b, i, j)) continue;
          size_t band = 0;
          for (size_t r = 1; r < p.views.size(); ++r)
            if (i / p.unit - j / p.unit >= p.views[r].from) band = r;
          double logit = 0;
          for (int64_t c = 0; c < kWidth; ++c)
            logit += views[band].first[b][h][row][c] * views[band].second[b][h / group][j][c];
          if (p.bias.defined()) {
            const View& view = p.views[band];
            const int64_t relative = view.query_position.defined()
                                         ? static_cast<int64_t>(std::lround(at_example(view.query_position, b, row) -
                                                                            at_example(view.key_position, b, j)))
                                         : i - j;
            logit += p.bias[h][std::clamp<int64_t>(relative + p.origin, 0, p.bias.size(1) - 1)].item<double>();
          }
          if (p.decay_q.defined())
            logit -= std::abs(p.decay_q[b][h][row].item<double>() - p.decay_k[b][h][j].item<double>());
          weight[static_cast<size_t>(j)] = std::exp(logit);
          total += weight[static_cast<size_t>(j)];
        }
        if (total == 0) continue;
        for (int64_t j = 0; j < keys; ++j)
          for (int64_t c = 0; c < v.size(3); ++c)
            result[b][h][row][c] += weight[static_cast<size_t>(j)] / total * value[b][h / group][j][c];
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("attend is the formula, for the whole algebra") {
  for (const AttendCase& c : attend_cases()) {
    if (c.keys > 300) continue;  // the slow twin is slow: the long ones are compared with shifted row blocks below
    INFO(c.name);
    const Built built = build(c);
    const at::NoGradGuard off;
    CHECK((attend(built.plan, built.v) - slow(built.plan, built.v)).abs().max().item<double>() < 1e-10);
  }
}

TEST_CASE("row blocks do not show") {
  for (const AttendCase& c : attend_cases()) {
    INFO(c.name);
    const Built built = build(c);
    const at::NoGradGuard off;
    const Tensor whole = attend(built.plan, built.v);
    const int64_t start = c.queries / 3, rows = c.queries - start;  // other blocks: queries from a third on
    ScorePlan part = built.plan;
    part.offset += start;
    for (View& view : part.views) view.q = view.q.narrow(2, start, rows);
    for (View& view : part.views)
      if (view.query_position.defined()) view.query_position = view.query_position.narrow(-1, start, rows);
    if (part.decay_q.defined()) part.decay_q = part.decay_q.narrow(2, start, rows);
    CHECK((attend(part, built.v) - whole.narrow(2, start, rows)).abs().max().item<double>() < 1e-12);
    const Tensor weights = attention_weights(built.plan, start, rows);
    const int64_t group = kHeads / built.v.size(1);
    CHECK((at::matmul(weights, built.v.repeat_interleave(group, 1)) - whole.narrow(2, start, rows))
              .abs()
              .max()
              .item<double>() < 1e-12);
  }
}

TEST_CASE("gradients of attend agree with finite differences") {
  for (const AttendCase& c : attend_cases()) {
    if (c.keys > 50) continue;
    INFO(c.name);
    const Built built = build(c);
    std::vector<Tensor> inputs;
    for (const View& view : built.plan.views) inputs.insert(inputs.end(), {view.q, view.k});
    inputs.push_back(built.v);
    for (const Tensor& t : {built.plan.bias, built.plan.decay_q, built.plan.sink})
      if (t.defined()) inputs.push_back(t);
    if (built.plan.decay_k.defined() && !built.plan.decay_k.is_same(built.plan.decay_q))
      inputs.push_back(built.plan.decay_k);
    const Tensor out = attend(built.plan, built.v), probe = at::randn_like(out);
    const auto gradients = torch::autograd::grad({(out * probe).sum()}, inputs, {}, true, false, true);
    const at::NoGradGuard off;
    for (size_t n = 0; n < inputs.size(); ++n) {
      Tensor direction = at::randn_like(inputs[n]);
      const double step = 1e-6;
      const auto value = [&](double by) {
        inputs[n].add_(direction, by);
        const double result = (attend(built.plan, built.v) * probe).sum().item<double>();
        inputs[n].add_(direction, -by);
        return result;
      };
      const double numeric = (value(step) - value(-step)) / (2 * step);
      const double exact = gradients[n].defined() ? (gradients[n] * direction).sum().item<double>() : 0;
      CHECK(exact == Approx(numeric).epsilon(1e-5).margin(1e-6));
    }
  }
}

TEST_CASE("the number of visible keys is counted exactly") {
  for (const AttendCase& c : attend_cases()) {
    if (c.keys > 50) continue;
    INFO(c.name);
    const Built built = build(c);
    const Tensor count = built.plan.visible.count(built.plan.offset, c.queries, c.keys).expand({kBatch, 1, c.queries});
    for (int64_t b = 0; b < kBatch; ++b) {
      for (int64_t row = 0; row < c.queries; ++row) {
        int64_t want = 0;
        for (int64_t j = 0; j < c.keys; ++j) want += sees(built.plan.visible, b, built.plan.offset + row, j);
        CHECK(count[b][0][row].item<double>() == static_cast<double>(want));
      }
    }
  }
}
