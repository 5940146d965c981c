#include "experiment/stack_check.h"

#include "attention/attend.h"
#include "attention/oracle.h"
#include "attention/stir.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace lx {
namespace {

constexpr int64_t kBatch = 2;
constexpr uint64_t kDraw = 77;  // any: names the random positions of a call

class StackJudge {
 public:
  StackJudge(const Stack& stack, int64_t tokens) : stack_(stack), tokens_(tokens) {
    const Shape& shape = stack.shape();
    Random random = Random(3).fork("self-check");
    q_ = normal_tensor(random, {kBatch, shape.heads, tokens, shape.head_dim});
    k_ = normal_tensor(random, {kBatch, shape.key_heads, tokens, shape.head_dim});
    v_ = normal_tensor(random, {kBatch, shape.key_heads, tokens, 5});
    hidden_ = normal_tensor(random, {kBatch, tokens, shape.width});
    x_ = normal_tensor(random, {kBatch, tokens, shape.width});
    out_probe_ = normal_tensor(random, {kBatch, shape.heads, tokens, 5}).to(at::kDouble);
    x_probe_ = normal_tensor(random, {kBatch, tokens, shape.width}).to(at::kDouble);
  }

  StackCheck judge() {
    stir(stack_);
    {
      const at::NoGradGuard off;
      for (const bool training : {true, false}) compare_with_definition(training);
      compare_decoding();
      const auto single = both_modes();
      make_exact(stack_);
      for (Tensor* tensor : {&q_, &k_, &v_, &hidden_, &x_}) *tensor = tensor->to(at::kDouble);
      const auto twice = both_modes();
      for (size_t n = 0; n < single.size(); ++n) check_.precision.meet(gap(single[n], twice[n]), mode(n == 0));
    }
    for (const bool training : {true, false}) compare_gradients(training);
    return std::move(check_);
  }

 private:
  static std::string mode(bool training) { return training ? "training" : "testing"; }

  static double gap(const Tensor& a, const Tensor& b) {
    const Tensor difference = (a.to(at::kDouble) - b.to(at::kDouble)).abs();
    return difference.numel() == 0 ? 0 : difference.max().item<double>();  // NaN wins
  }

  Tensor attended(const Given& given, bool training) const {
    Tensor v = v_;
    return attend(stack_.plan(q_, k_, v, hidden_, given, training), v);
  }

  /// Outputs and embedded inputs, flat, in both modes.
  std::vector<Tensor> both_modes() const {
    std::vector<Tensor> all;
    for (const bool training : {true, false})
      all.push_back(at::cat({attended({.draw = kDraw}, training).flatten(),
                             stack_.embed(x_.clone(), {.draw = kDraw}, training, 0).flatten()}));
    return all;
  }

  /// Causal, with a prefix, and both ways.
  struct Call {
    std::string name;
    Given given;
  };
  std::vector<Call> calls() const {
    std::vector<Call> all(stack_.traits(true).past_only || stack_.traits(false).past_only ? 1 : 3);
    all[0].name = "causal";
    if (all.size() > 1) {
      all[1].name = "prefix";
      all[1].given.visible.prefix = at::tensor({std::min<int64_t>(7, tokens_), int64_t{0}}, at::kLong);
      all[2].name = "both ways";
      all[2].given.visible.prefix = at::full({kBatch}, tokens_, at::kLong);
    }
    for (Call& call : all) call.given.draw = kDraw;
    return all;
  }

  void compare_with_definition(bool training) {
    const int64_t group = stack_.shape().heads / stack_.shape().key_heads;
    for (const auto& [call, given] : calls()) {
      // The fast path first: a text that is too long is refused by it, in a sentence.
      const Tensor mixed = attended(given, training), embedded = stack_.embed(x_.clone(), given, training, 0);
      const Tensor weights = oracle_weights(stack_, q_, k_, hidden_, given, training);
      const Tensor want = at::matmul(weights, v_.to(at::kDouble).repeat_interleave(group, 1));
      const std::string when = mode(training) + ", " + call;
      check_.definition.meet(gap(mixed, want), when);
      check_.definition.meet(gap(embedded, oracle_input(stack_, x_, given, training)), when + ", the model's input");
    }
  }

  void compare_decoding() {
    const Traits traits = stack_.traits(false);
    if (traits.looks_ahead) {
      check_.note = "— looks ahead: there is nothing to decode";
      return;
    }
    if (traits.depends_on_context) {
      check_.note = "— looks at the whole length: token by token differs by design";
      return;
    }
    Memory memory;
    std::vector<Tensor> steps, inputs;
    for (int64_t t = 0; t < tokens_; ++t) {
      Tensor v = v_.narrow(2, t, 1);
      const ScorePlan plan = stack_.plan(q_.narrow(2, t, 1), k_.narrow(2, t, 1), v, hidden_.narrow(1, t, 1),
                                         {.draw = kDraw}, false, &memory);
      steps.push_back(attend(plan, v));
      inputs.push_back(stack_.embed(x_.narrow(1, t, 1).clone(), {.draw = kDraw}, false, t));
    }
    check_.decoding.meet(gap(at::cat(steps, 2), attended({.draw = kDraw}, false)), "testing, causal");
    check_.decoding.meet(gap(at::cat(inputs, 1), stack_.embed(x_.clone(), {.draw = kDraw}, false, 0)),
                         "testing, the model's input");
  }

  Tensor probed(bool training) const {
    return (attended({.draw = kDraw}, training) * out_probe_).sum() +
           (stack_.embed(x_.clone(), {.draw = kDraw}, training, 0) * x_probe_).sum();
  }

  void compare_gradients(bool training) {
    std::vector<std::pair<std::string, Tensor>> inputs{{"q", q_}, {"k", k_}, {"v", v_}, {"hidden", hidden_}};
    for (auto& [name, input] : inputs) input.requires_grad_(true);
    for (const Stack::Item& item : stack_.items())
      for (const Parameter& p : item.modifier->parameters()) {
        p.tensor.requires_grad_(true);
        inputs.emplace_back(item.name + "." + p.name, p.tensor);
      }
    std::vector<Tensor> tensors;
    for (const auto& [name, input] : inputs) tensors.push_back(input);
    const auto exact = torch::autograd::grad({probed(training)}, tensors, {}, false, false, true);
    const at::NoGradGuard off;
    Random random = Random(5).fork("directions");
    for (size_t n = 0; n < tensors.size(); ++n) {
      const Tensor direction = normal_tensor(random, tensors[n].sizes()).to(at::kDouble);
      const double got = exact[n].defined() ? (exact[n] * direction).sum().item<double>() : 0;
      // A kink (of a ReLU, say) between the two ends spoils a difference: a smaller step then passes it by.
      double least = std::numeric_limits<double>::quiet_NaN();
      for (const double step : {1e-6, 1e-7}) {
        const double want = slope(tensors[n], direction, step, training);
        const double off_by = std::abs(got - want) / (1 + std::abs(want));
        if (!(off_by >= least)) least = off_by;
        if (least <= kCheckTolerance / 100) break;
      }
      check_.gradient.meet(least, mode(training) + ", " + inputs[n].first);
    }
  }

  double slope(const Tensor& input, const Tensor& direction, double step, bool training) const {
    Tensor moved = input;  // the same storage
    const Tensor kept = input.clone();
    moved.add_(direction, step);
    const double up = probed(training).item<double>();
    moved.sub_(direction, 2 * step);
    const double down = probed(training).item<double>();
    moved.copy_(kept);
    return (up - down) / (2 * step);
  }

  const Stack& stack_;
  int64_t tokens_;
  Tensor q_, k_, v_, hidden_, x_, out_probe_, x_probe_;
  StackCheck check_;
};

}  // namespace

void Difference::meet(double other, const std::string& where) {
  if (value && !(other > *value) && !std::isnan(other)) return;
  if (value && std::isnan(*value)) return;
  value = other;
  call = where;
}

void Difference::meet(const Difference& other, const std::string& place) {
  if (other.value) meet(*other.value, place.empty() ? other.call : place + ", " + other.call);
}

void StackCheck::meet(const StackCheck& other, const std::string& place) {
  definition.meet(other.definition, place);
  decoding.meet(other.decoding, place);
  precision.meet(other.precision, place);
  gradient.meet(other.gradient, place);
  if (note.empty()) note = other.note;
}

StackCheck check_stack(const Stack& stack, int64_t tokens) { return StackJudge(stack, tokens).judge(); }

}  // namespace lx
