// The self-check finds what it is there to find; the table of methods says what classes and traits say.
#include "attention/stack.h"
#include "catch.h"
#include "experiment/methods.h"
#include "experiment/stack_check.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

using namespace lx;

namespace {

/// Adds slope * distance, and can be wrong in one place at a time.
struct Sloped final : ScoreModifier {
  enum class Wrong { nothing, definition, memory, gradient, number };
  Wrong wrong;
  Tensor slope = parameter("slope", at::zeros({2}));
  explicit Sloped(Wrong where) : wrong(where) {}

  Tensor bias(const Tensor& distance, const Scene& scene) const override {
    const bool forgets = wrong == Wrong::memory && scene.offset > 0;
    const Tensor used = wrong == Wrong::gradient ? slope.detach() : slope;
    const double off = wrong == Wrong::number ? std::numeric_limits<double>::quiet_NaN() : 0;
    return used.to(at::kDouble).unsqueeze(1) * (forgets ? distance * 0 : distance) + off;
  }
  void define(PairRule& rule) const override {
    rule.bias.push_back([this](int64_t h, double relative) {
      return number(slope, {h}) * relative * (wrong == Wrong::definition ? 1.01 : 1);
    });
  }
};

StackCheck check_sloped(Sloped::Wrong wrong) {
  const Shape shape{.heads = 2, .key_heads = 1, .head_dim = 6, .width = 7, .trained_length = 5};
  const Stack stack(shape, {{"sloped", When::both, std::make_shared<Sloped>(wrong), questions_of<Sloped>()}});
  return check_stack(stack, 13);
}

}  // namespace

TEST_CASE("the self-check passes what is right and finds each kind of mistake") {
  using Wrong = Sloped::Wrong;
  const StackCheck right = check_sloped(Wrong::nothing);
  CHECK(right.ok());
  for (const Difference* difference : {&right.definition, &right.decoding, &right.precision, &right.gradient}) {
    REQUIRE(difference->value);
    CHECK(*difference->value < kCheckTolerance / 10);
  }
  const StackCheck definition = check_sloped(Wrong::definition);
  CHECK_FALSE(definition.definition.within());
  CHECK(definition.decoding.within());
  const StackCheck memory = check_sloped(Wrong::memory);
  CHECK(memory.definition.within());
  CHECK_FALSE(memory.decoding.within());
  const StackCheck gradient = check_sloped(Wrong::gradient);
  CHECK(gradient.definition.within());
  CHECK_FALSE(gradient.gradient.within());
  CHECK(gradient.gradient.call.find("sloped.slope") != std::string::npos);
  const StackCheck number = check_sloped(Wrong::number);
  CHECK_FALSE(number.ok());
  CHECK(std::isnan(*number.definition.value));
}

TEST_CASE("the largest difference is kept, with the call it was met in") {
  Difference difference;
  CHECK(difference.within());
  difference.meet(1e-6, "causal");
  difference.meet(1e-7, "prefix");
  CHECK(*difference.value == 1e-6);
  difference.meet(Difference{std::nan(""), "both ways"}, "layer 3");
  difference.meet(5, "later");
  CHECK(difference.call == "layer 3, both ways");
  CHECK_FALSE(difference.within());
}

TEST_CASE("the table of methods tells modes, whole-length factors and bags of words apart") {
  const Method hwfa2 = ready_method({}, "hwfa2");
  CHECK(hwfa2.acts == std::vector<std::string>{"who sees whom", "where tokens stand (test)", "turning", "sharpness"});
  CHECK(hwfa2.paths.decoding == "exact");
  CHECK(hwfa2.source == "Su 2023, kexue.fm 9731");
  CHECK(ready_method({}, "nope").paths.noncausal == "bag of words");
  CHECK(ready_method({}, "rope").paths.noncausal == "yes");
  CHECK(mechanism("pi").paths.decoding == "differs: looks at the whole length");
  CHECK(mechanism("pi").acts == std::vector<std::string>{"turning"});
  CHECK(mechanism("yarn").acts == std::vector<std::string>{"turning", "sharpness"});
}
