// The diagnostics of how far attention looks: the reach of stacked windows, and the entropy of random content through
// the real plan.
#include "attention/score_modifier.h"
#include "base/error.h"
#include "experiment/diagnostics.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace lx {
namespace {

constexpr int64_t kContent = int64_t{1} << 23;  // numbers in the queries of one measurement
constexpr int64_t kRows = 8;                    // queries it averages over, at the end of the text

struct RandomContent {
  /// Mean over heads and the last queries, in nats. `held`: the gain those queries have instead of their own.
  static double entropy(const StackProbe& probe, int64_t length, const std::optional<std::vector<double>>& held) {
    const at::NoGradGuard off;
    const Shape& shape = probe.stack().shape();
    Random random = Random(1).fork("show");
    const auto normal = [&](at::IntArrayRef size) { return normal_tensor(random, size); };
    const Tensor q = normal({1, shape.heads, length, shape.head_dim});
    const Tensor k = normal({1, shape.key_heads, length, shape.head_dim});
    Tensor v = at::zeros({1, shape.key_heads, length, 1});
    const Tensor hidden = normal({1, length, shape.width});
    Given given;
    given.draw = 1;
    given.visible.order = probe.sees();
    ScorePlan plan = probe.stack().plan(q, k, v, hidden, given, probe.training());
    const int64_t rows = std::min(kRows, length);
    if (held) {
      std::vector<int64_t> query;
      for (int64_t i = length - rows; i < length; ++i) query.push_back(i);
      const auto own = StackProbe(probe.stack(), length, probe.training(), probe.sees()).gain(query);
      Tensor factor = at::ones({1, shape.heads, rows, 1});
      for (int64_t h = 0; h < shape.heads; ++h) {
        const auto of = [&](const auto& heads) { return heads[std::min(heads.size() - 1, static_cast<size_t>(h))]; };
        for (int64_t r = 0; r < rows; ++r)
          factor[0][h][r] =
              (*held)[std::min(held->size() - 1, static_cast<size_t>(h))] / of(own)[static_cast<size_t>(r)];
      }
      for (View& view : plan.views) {
        view.q = view.q.clone();
        view.q.narrow(2, length - rows, rows).mul_(factor);
      }
    }
    const Tensor weights = attention_weights(plan, length - rows, rows).to(at::kDouble);
    return -(weights * weights.clamp_min(1e-300).log()).sum(-1).mean().item<double>();
  }
};

}  // namespace

Diagnostic entropy_growth(const ProbePair& stacks) {
  Diagnostic found{"entropy", {}, ""};
  const Shape& shape = stacks.tested.stack().shape();
  const int64_t n = stacks.trained.length();
  const int64_t m = std::min(stacks.tested.length(), kContent / (shape.heads * shape.head_dim));
  if (m <= n) return found;
  const double at_n = RandomContent::entropy(stacks.trained, n, {}),
               at_m = RandomContent::entropy(stacks.tested, m, {});
  const double growth = at_m - at_n, plain = std::log(static_cast<double>(m) / static_cast<double>(n));
  config::Map& numbers = found.numbers;
  numbers["length"] = m;
  numbers["at_trained"] = at_n;
  numbers["at_tested"] = at_m;
  numbers["growth"] = growth;
  numbers["log_ratio"] = plain;
  numbers["growth_without_gain"] = config::Node();
  const bool whole = m == stacks.tested.length();
  found.text = fmt::format(
      "attention over random content has {:.2f} nats of entropy at N and {:.2f} at {}: {:+.2f}, with "
      "{:.2f} = ln({}/N)",
      at_n, at_m, whole ? "M" : fmt::format("{} tokens", m), growth, plain, whole ? "M" : std::to_string(m));
  // The gain's part: its value for the last query of a training window held for the queries at M.
  const auto trained = stacks.trained.gain({n - 1}),
             tested = StackProbe(stacks.tested.stack(), m, false, stacks.tested.sees()).gain({m - 1});
  if (trained.empty() || tested.empty()) return found;
  std::vector<double> held;
  bool grows = false;
  for (size_t h = 0; h < std::max(trained.size(), tested.size()); ++h) {
    held.push_back(trained[std::min(h, trained.size() - 1)][0]);
    grows = grows || tested[std::min(h, tested.size() - 1)][0] > held.back() * (1 + 1e-9);
  }
  if (!grows) return found;
  const double without = RandomContent::entropy(stacks.tested, m, held) - at_n;
  numbers["growth_without_gain"] = without;
  found.text += fmt::format("; with the gain held at its value at N it would be {:+.2f}", without);
  return found;
}

int64_t reach_of(const StackProbe& probe) {
  const Visibility& visible = probe.layout().visible;
  return std::min(visible.window, visible.block > 0 ? 2 * visible.block : kAll);
}

Diagnostic receptive_field(const std::vector<int64_t>& reaches, int64_t trained_length, int64_t tested_length) {
  Diagnostic found{"receptive_field", {}, ""};
  const auto full = std::find_if(reaches.begin(), reaches.end(), [&](int64_t reach) { return reach >= tested_length; });
  const auto layers = std::distance(reaches.begin(), full);
  if (layers == 0) return found;
  int64_t field = 1;
  for (auto it = reaches.begin(); it != full; ++it) field += *it - 1;
  const double share = static_cast<double>(field) / static_cast<double>(trained_length);
  found.numbers["windowed_layers"] = static_cast<int64_t>(layers);
  found.numbers["first_full_layer"] = full == reaches.end() ? config::Node() : config::Node(int64_t{layers});
  found.numbers["tokens"] = field;
  found.numbers["alpha"] = share;
  found.text = full == reaches.end()
                   ? fmt::format("no layer sees everything: {} windowed layers together reach {} tokens, {:.3f} N",
                                 layers, field, share)
                   : fmt::format(
                         "the {} windowed layer{} below layer {}, the first that sees everything, reach{} {} tokens "
                         "together: alpha = {:.3f} of N, {} the 0.75 that HWFA allows",
                         layers, layers == 1 ? "" : "s", layers, layers == 1 ? "es" : "", field, share,
                         share <= 0.75 ? "within" : "above");
  return found;
}

}  // namespace lx
