// Fused attention is plain attention for every registered modifier with every setting, in outputs and in the gradients
// of everything: queries, keys, values, the layer's input, and what the modifiers learn.
#include "attention/attend.h"
#include "catch.h"
#include "laws/subjects.h"
#include "ops/precision.h"

#include <torch/csrc/autograd/autograd.h>

#include <set>

using namespace lx;
using namespace lx::laws;

namespace {

struct FusedLaw {
  const Stack& stack;
  Content c;
  std::vector<Tensor> inputs;

  FusedLaw(const Stack& of, int64_t tokens) : stack(of), c(of.shape(), tokens) {
    inputs = {c.q, c.k, c.v, c.hidden};
    for (const Tensor& input : inputs) input.requires_grad_(true);
    for (const Stack::Item& item : stack.items())
      for (const Parameter& p : item.modifier->parameters()) inputs.push_back(p.tensor);
  }

  static double gap(const Tensor& a, const Tensor& b) {
    return largest(a.detach().to(at::kDouble) - b.detach().to(at::kDouble)) / (largest(b.detach()) + 1e-2);
  }

  /// False: plain only.
  bool holds(const Given& given, bool training, at::ScalarType type, double bound, double learned_bound) const {
    const auto round = [&](const Tensor& x) { return x.to(type).to(at::kDouble); };
    Tensor v = round(c.v);
    ScorePlan plan = stack.plan(round(c.q), round(c.k), v, c.hidden, given, training);
    for (View& view : plan.views) {  // both executors read the same rounded factors
      view.q = round(view.q);
      view.k = round(view.k);
    }
    const Tensor expected = attend_reference(plan, v);
    ScorePlan tiles = plan;
    for (View& view : tiles.views) {
      view.q = view.q.to(type);
      view.k = view.k.to(type);
    }
    if (!not_fused_because(tiles, v.to(type)).empty()) return false;
    const Tensor got = attend_fused(tiles, v.to(type));
    CHECK(gap(got, expected) < bound);
    const Tensor probe = at::randn_like(expected);
    const auto wanted = torch::autograd::grad({(expected * probe).sum()}, inputs, {}, true, false, true);
    const auto given_back = torch::autograd::grad({(got.to(at::kDouble) * probe).sum()}, inputs, {}, true, false, true);
    for (size_t i = 0; i < inputs.size(); ++i) {
      INFO("input " << i);
      if (!wanted[i].defined()) continue;
      REQUIRE(given_back[i].defined());
      CHECK(gap(given_back[i], wanted[i]) < (i < 3 ? bound : learned_bound));
    }
    return true;
  }
};

}  // namespace

TEST_CASE("fused attention is plain attention for every modifier, with all gradients") {
  std::set<std::string> fused;
  for (const LawSubject& subject : law_subjects()) {
    INFO(subject.yaml);
    const Shape shape = law_shape();
    Stack stack = make_stack(subject.yaml, shape);
    make_exact(stack);
    stir(stack);
    // A whole tile and a ragged one; less for who reads no more.
    const int64_t tokens = subject.name == "pose" || stack.longest_text() < 70 ? 25 : 70;
    const FusedLaw law(stack, tokens);
    for (auto [calling, given] : callings(stack, tokens)) {
      given.draw = 77;
      for (const bool training : {true, false}) {
        INFO(calling << (training ? ", training" : ", testing"));
        // float32 sums of some terms round at 1e-6 each; bfloat16 keeps 8 bits of weights, slopes and results. What is
        // learned gets sums of thousands of slopes that cancel, so that their rounding shows more.
        if (law.holds(given, training, at::kFloat, 1e-4, 1e-4)) fused.insert(subject.name);
        const UsePrecision half(Precision::bf16);
        law.holds(given, training, at::kBFloat16, 6e-2, 0.3);
      }
    }
  }
  for (const std::string& name : modifiers().names()) {
    INFO(name);
    CHECK(fused.contains(name) != modifiers().get(name).questions.dense());
  }
}
