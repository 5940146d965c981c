// What is kept between calls changes nothing: plans and tables are the same bits as without it.
#include "attention/turn_tables.h"
#include "catch.h"
#include "laws/subjects.h"

#include <cmath>

using namespace lx;
using namespace lx::laws;

namespace {

/// Every entry is the rounded cosine and sine of its own angle, whatever was asked for before.
void right(const Tensor& positions, const Tensor& theta, at::ScalarType dtype) {
  const auto tables = kept_turn_tables(positions, theta, dtype);
  REQUIRE(tables.has_value());
  const Tensor cosine = at::empty({positions.numel(), theta.numel()}, at::kDouble), sine = at::empty_like(cosine);
  for (int64_t t = 0; t < positions.numel(); ++t) {
    for (int64_t m = 0; m < theta.numel(); ++m) {
      const double angle = positions[t].item<double>() * theta[m].item<double>();
      cosine[t][m] = std::cos(angle);
      sine[t][m] = std::sin(angle);
    }
  }
  CHECK(at::equal(tables->cosine, cosine.to(dtype)));
  CHECK(at::equal(tables->sine, sine.to(dtype)));
}

Tensor from_to(double first, double last) { return at::arange(first, last, at::kDouble); }

bool same(const ScorePlan& a, const ScorePlan& b) {
  const auto equal = [](const Tensor& x, const Tensor& y) {
    return x.defined() == y.defined() && (!x.defined() || at::equal(x, y));
  };
  if (a.views.size() != b.views.size() || !equal(a.bias, b.bias) || a.origin != b.origin) return false;
  for (size_t i = 0; i < a.views.size(); ++i)
    if (!equal(a.views[i].q, b.views[i].q) || !equal(a.views[i].k, b.views[i].k)) return false;
  return true;
}

}  // namespace

TEST_CASE("tables are right after longer, shorter, later, repeated and foreign positions") {
  forget_turn_tables();
  const Tensor theta = at::tensor({1.0, 0.3, 0.01}, at::kDouble), other = at::tensor({1.0, 0.3, 0.02}, at::kDouble);
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    right(from_to(0, 20), theta, dtype);
    right(from_to(0, 33), theta, dtype);   // goes on
    right(from_to(30, 31), theta, dtype);  // one of them
    right(from_to(25, 50), theta, dtype);  // begins within
    right(from_to(0, 7), theta, dtype);
    right(from_to(0, 20), other, dtype);
    right(from_to(0, 20) / 4, theta, dtype);
    right(from_to(0, 20).floor_divide(2), theta, dtype);
    right(from_to(0, 30).floor_divide(2), theta, dtype);
    right(at::tensor({49.0, 3.0, 49.0, 49.0}, at::kDouble), theta, dtype);
    right(at::full({9}, 6.0, at::kDouble), theta, dtype);
    right(from_to(0, 60), theta, dtype);
  }
  const auto few = kept_turn_tables(from_to(0, 5), other, at::kDouble);
  const Tensor before = few->cosine.clone();
  for (int64_t length = 21; length < 60; ++length)
    kept_turn_tables(from_to(0, static_cast<double>(length)), other, at::kDouble);
  CHECK(at::equal(few->cosine, before));  // what was handed out stays as it was
}

TEST_CASE("tables follow frequencies that were changed in place") {
  Tensor theta = at::tensor({1.0, 0.3}, at::kDouble);
  right(from_to(0, 9), theta, at::kFloat);
  theta.mul_(0.5);
  right(from_to(0, 9), theta, at::kFloat);
}

TEST_CASE("frequencies that are learned and positions of each example are never kept") {
  const Tensor theta = at::tensor({1.0, 0.3}, at::kDouble);
  CHECK_FALSE(kept_turn_tables(from_to(0, 9), theta.clone().set_requires_grad(true), at::kFloat));
  CHECK_FALSE(kept_turn_tables(from_to(0, 9).unsqueeze(0), theta, at::kFloat));
  CHECK_FALSE(kept_turn_tables(from_to(0, 9), at::ones({kMostTurnTables / 16}, at::kDouble), at::kFloat));
}

TEST_CASE("a plan with what was kept is the plan without: lengths, modes, prefixes and draws one after another") {
  const Shape shape = law_shape();
  for (const LawSubject& subject : law_subjects()) {
    CAPTURE(subject.yaml);
    const Stack stack = make_stack(subject.yaml, shape);
    make_exact(stack);
    const bool ahead = !stack.traits(true).past_only && !stack.traits(false).past_only && !stack.traits(true).gates;
    forget_turn_tables();
    for (const int64_t tokens : {24, 11, 24}) {
      if (tokens > stack.longest_text()) continue;
      const Content c(shape, tokens);
      for (const bool training : {true, false, true}) {
        for (const uint64_t draw : {0, 1}) {
          Given given;
          given.draw = draw;
          if (ahead && draw == 1) given.visible.prefix = at::tensor({3, 5}, at::kLong);
          const ScorePlan with = plan_of(stack, c, given, training);
          forget_turn_tables();
          CHECK(same(with, plan_of(stack, c, given, training)));
        }
      }
    }
  }
}
