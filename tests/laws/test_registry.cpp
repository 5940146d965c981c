// Laws over every registered modifier and over random stacks of them: what a plan computes is what the one-line
// definitions say, decoding with memory is one pass, gradients are right, settings survive a round trip, and nothing is
// there for show.
#include "attention/attend.h"
#include "attention/oracle.h"
#include "catch.h"
#include "laws/subjects.h"

#include <torch/csrc/autograd/autograd.h>

#include <set>

using namespace lx;
using namespace lx::laws;

namespace {

struct RegistryLaw {
  /// Weights of the plan against the oracle's, and attend against its own weights.
  static void equals_definition(const Stack& stack, bool training) {
    const Content c(stack.shape());
    for (auto [calling, given] : callings(stack)) {
      INFO(calling << (training ? ", training" : ", testing"));
      given.draw = 77;
      const ScorePlan plan = plan_of(stack, c, given, training);
      const Tensor got = attention_weights(plan, 0, kLawTokens);
      const Tensor want = oracle_weights(stack, c.q, c.k, c.hidden, given, training);
      CHECK(largest(got - want) < 1e-9);
      CHECK(at::isfinite(got).all().item<bool>());
      const int64_t group = stack.shape().heads / stack.shape().key_heads;
      CHECK(largest(attend(plan, c.v) - at::matmul(got, c.v.repeat_interleave(group, 1))) < 1e-9);
      const Tensor x = at::randn({2, kLawTokens, stack.shape().width}, at::kDouble);
      const Tensor embedded = stack.embed(x.clone(), given, training, 0);  // may refuse, which CHECK would swallow
      CHECK(largest(embedded - oracle_input(stack, x, given, training)) < 1e-9);
    }
  }

  static void decodes(const Stack& stack) {
    if (stack.traits(false).depends_on_context) return;
    const Content c(stack.shape());
    Tensor v = c.v;
    const Tensor whole = attend(stack.plan(c.q, c.k, v, c.hidden, {}, false), v);
    const Tensor x = at::randn({2, kLawTokens, stack.shape().width}, at::kDouble);
    const Tensor embedded = stack.embed(x.clone(), {}, false, 0);
    Memory memory;
    std::vector<Tensor> steps, inputs;
    for (const auto& [from, count] : {std::pair<int64_t, int64_t>{0, 5}, {5, 1}, {6, 1}, {7, 9}, {16, 8}}) {
      const auto part = [from = from, count = count](const Tensor& t) { return t.narrow(2, from, count); };
      Tensor values = part(c.v);
      const ScorePlan plan =
          stack.plan(part(c.q), part(c.k), values, c.hidden.narrow(1, from, count), {}, false, &memory);
      steps.push_back(attend(plan, values));
      inputs.push_back(stack.embed(x.narrow(1, from, count).clone(), {}, false, from));
    }
    CHECK(largest(at::cat(steps, 2) - whole) < 1e-9);
    CHECK(largest(at::cat(inputs, 1) - embedded) < 1e-9);
  }

  /// Every parameter and the layer's input, along random directions.
  static void gradients(const Stack& stack, bool training) {
    const Content c(stack.shape());
    std::vector<Tensor> inputs{c.q, c.k, c.v, c.hidden};
    for (const Tensor& input : inputs) input.requires_grad_(true);
    for (const Stack::Item& item : stack.items())
      for (const Parameter& p : item.modifier->parameters()) inputs.push_back(p.tensor);
    Given given;
    given.draw = 5;
    const Tensor x = at::randn({2, kLawTokens, stack.shape().width}, at::kDouble), seen = at::randn_like(x);
    Tensor probe;
    const auto value = [&] {
      Tensor v = c.v;
      const Tensor out = attend(stack.plan(c.q, c.k, v, c.hidden, given, training), v);
      if (!probe.defined()) probe = at::randn(out.sizes(), at::kDouble);
      return (out * probe).sum() + (stack.embed(x.clone(), given, training, 0) * seen).sum();
    };
    const auto exact = torch::autograd::grad({value()}, inputs, {}, true, false, true);
    const at::NoGradGuard off;
    for (size_t n = 0; n < inputs.size(); ++n) {
      const Tensor direction = at::randn_like(inputs[n]);
      const double step = 1e-6;
      inputs[n].add_(direction, step);
      const double up = value().item<double>();
      inputs[n].sub_(direction, 2 * step);
      const double down = value().item<double>();
      inputs[n].add_(direction, step);
      const double numeric = (up - down) / (2 * step);
      const double got = exact[n].defined() ? (exact[n] * direction).sum().item<double>() : 0;
      INFO("input " << n << (training ? ", training" : ", testing"));
      CHECK(got == Approx(numeric).epsilon(1e-4).margin(1e-5));
    }
  }

  static Stack build(const std::string& yaml, const Shape& shape) {
    Stack stack = make_stack(yaml, shape);
    make_exact(stack);
    stir(stack);
    return stack;
  }
};

std::vector<Shape> law_shapes() { return {law_shape(), law_shape(1, 1, 8), law_shape(3, 3, 4)}; }

}  // namespace

TEST_CASE("each modifier is its one-line definition, pair by pair") {
  for (const LawSubject& subject : law_subjects()) {
    for (const Shape& shape : law_shapes()) {
      INFO(subject.yaml << " with " << shape.heads << " heads");
      const Stack stack = RegistryLaw::build(subject.yaml, shape);
      const at::NoGradGuard off;
      for (const bool training : {true, false}) RegistryLaw::equals_definition(stack, training);
    }
  }
}

TEST_CASE("a stack decodes token by token to what one pass gives") {
  const at::NoGradGuard off;
  for (const LawSubject& subject : law_subjects()) {
    INFO(subject.yaml);
    const Stack stack = RegistryLaw::build(subject.yaml, law_shape());
    if (stack.traits(false).looks_ahead) continue;  // the future is not there yet
    RegistryLaw::decodes(stack);
  }
}

TEST_CASE("gradients of every modifier agree with finite differences") {
  for (const LawSubject& subject : law_subjects()) {
    INFO(subject.yaml);
    for (const bool training : {true, false})
      RegistryLaw::gradients(RegistryLaw::build(subject.yaml, law_shape()), training);
  }
}

TEST_CASE("every modifier changes something") {
  const at::NoGradGuard off;
  for (const LawSubject& subject : law_subjects()) {
    INFO(subject.yaml);
    const Stack with = RegistryLaw::build(subject.yaml, law_shape());
    std::vector<Stack::Item> rest;
    for (const Stack::Item& item : with.items())
      if (item.name != subject.name) rest.push_back(item);
    const Stack without(with.shape(), rest);
    const Content c(with.shape());
    const Tensor x = at::randn({2, kLawTokens, with.shape().width}, at::kDouble);
    double change = 0;
    for (const bool training : {true, false}) {
      for (const auto& [calling, given] : callings(with)) {
        Tensor v = c.v, w = c.v;
        change = std::max(change, largest(attend(with.plan(c.q, c.k, v, c.hidden, given, training), v) -
                                          attend(without.plan(c.q, c.k, w, c.hidden, given, training), w)));
        change = std::max(change, largest(with.embed(x.clone(), given, training, 0) - x));
      }
    }
    CHECK(change > 1e-6);
  }
}

TEST_CASE("settings survive a round trip, and what is printed is what is read") {
  for (const LawSubject& subject : law_subjects()) {
    INFO(subject.yaml);
    const ModifierEntry& entry = modifiers().get(subject.name);
    const config::Node full = entry.complete(config::Node(config::Map{}), "test");
    CHECK(entry.complete(full, "test") == full);
    CHECK(config::parse_yaml(config::to_yaml(full), "dump") == full);
    std::vector<std::string> described;
    for (const config::KeyHelp& key : entry.help()) described.push_back(key.path);
    CHECK(described == full.map().keys());
    CHECK_FALSE(entry.summary.empty());
    CHECK_FALSE(entry.source.empty());
  }
}

TEST_CASE("random stacks of modifiers keep the laws, or are refused in one sentence") {
  Random random(20);
  const auto names = modifiers().names();
  std::set<std::string> met;
  int64_t accepted = 0;
  for (int64_t round = 0; round < 160; ++round) {
    std::string yaml;
    const auto size = 1 + random.below(4);
    for (uint64_t n = 0; n <= size; ++n) {
      const std::string& name = n == 0 && random.below(2) == 0 ? "rope" : names[random.below(names.size())];
      const auto [from, to] = more_settings().equal_range(name);
      const auto choice = static_cast<int64_t>(random.below(1 + static_cast<uint64_t>(std::distance(from, to))));
      yaml += (yaml.empty() ? "[" : ", ") +
              (choice == 0 ? first_entry(name) : "{" + name + ": " + std::next(from, choice - 1)->second + "}");
    }
    yaml += "]";
    INFO(yaml);
    const Shape shape = law_shapes()[random.below(3)];
    try {
      const Stack stack = RegistryLaw::build(yaml, shape);
      ++accepted;
      for (const Stack::Item& item : stack.items()) met.insert(item.name);
      {
        const at::NoGradGuard off;
        for (const bool training : {true, false}) RegistryLaw::equals_definition(stack, training);
        if (!stack.traits(false).looks_ahead) RegistryLaw::decodes(stack);
      }
      if (round % 4 == 0) RegistryLaw::gradients(stack, true);
    } catch (const DoesNotApply& refusal) {
      const std::string sentence = refusal.what();
      CHECK(sentence.size() > 20);
      CHECK(sentence.find('\n') == std::string::npos);
    }
  }
  CHECK(accepted > 50);
  CHECK(met.size() > names.size() / 2);
}
