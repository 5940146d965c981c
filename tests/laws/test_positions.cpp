// Positions that tokens are given: random ones, those on a grid, and vectors added for each.
#include "base/error.h"
#include "catch.h"
#include "encoding/randomized_positions.h"
#include "laws/subjects.h"

#include <algorithm>
#include <cmath>
#include <functional>

using namespace lx;
using namespace lx::laws;

namespace {

struct Positions {
  Shape shape = law_shape();

  /// Where keys stand: [T] or [B,T].
  Tensor of(const std::string& yaml, uint64_t draw, bool training, int64_t tokens = kLawTokens) const {
    const Content c(shape, tokens);
    Given given;
    given.draw = draw;
    return plan_of(make_stack(yaml, shape), c, given, training).views.front().key_position;
  }

  Band grid(const std::string& settings, int64_t tokens) const {
    return make_stack("[rope, {rope_tie: " + settings + "}]", shape).layout(tokens, {}, false).bands.home();
  }
};

struct Moments {
  double mean = 0, deviation = 0;
  explicit Moments(const std::function<double()>& draw, int64_t count = 40000) {
    double sum = 0, squares = 0;
    for (int64_t n = 0; n < count; ++n) {
      const double x = draw();
      sum += x;
      squares += x * x;
    }
    mean = sum / static_cast<double>(count);
    deviation = std::sqrt(squares / static_cast<double>(count) - mean * mean);
  }
};

bool rising(const std::vector<double>& all) {
  return std::adjacent_find(all.begin(), all.end(), [](double a, double b) { return a >= b; }) == all.end();
}

}  // namespace

TEST_CASE("random subsets are distinct, sorted and evenly likely") {
  Random random(1);
  std::vector<int64_t> met(13);
  for (int64_t round = 0; round < 13000; ++round) {
    const auto all = random_subset(random, 5, 13);
    REQUIRE(all.size() == 5);
    REQUIRE(rising(all));
    for (const double one : all) {
      REQUIRE(one == std::floor(one));
      ++met.at(static_cast<size_t>(one));
    }
  }
  for (const int64_t times : met) CHECK(std::abs(times - 5000) < 250);
  CHECK(random_subset(random, 6, 6) == even_positions(6, 1));
  CHECK(random_subset(random, 0, 6).empty());
}

TEST_CASE("random reals are sorted, within their range and uniform") {
  Random random(2);
  const auto all = random_reals(random, 20000, 50);
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK((all.front() >= 0 && all.back() < 50));
  for (const size_t part : {1, 2, 3}) CHECK(all[5000 * part] == Approx(12.5 * static_cast<double>(part)).epsilon(0.03));
}

TEST_CASE("lengths of equal-mean positions have the trained length as mean") {
  Random random(3);
  const Moments exponential([&] { return random_exponential(random, 64); });
  CHECK(exponential.mean == Approx(64).epsilon(0.03));
  CHECK(exponential.deviation == Approx(64).epsilon(0.03));
  for (const auto& [mean, spread] : {std::pair{1 / 16.0, 14.0}, {1 / 8.0, 1.0}, {0.5, 0.01}, {0.3, 40.0}}) {
    INFO("mean " << mean << ", concentration " << spread);
    const Moments beta([&, m = mean, s = spread] {
      const double x = random_beta(random, m, s);
      REQUIRE((x >= 0 && x <= 1));
      return x;
    });
    CHECK(beta.mean == Approx(mean).epsilon(0.04));
    CHECK(beta.deviation == Approx(std::sqrt(mean * (1 - mean) / (spread + 1))).epsilon(0.04));
  }
}

TEST_CASE_METHOD(Positions, "a draw is the same in every layer and another one in the next call") {
  for (const char* yaml :
       {"[randomized, rope]", "[{randomized: {each: example}}, rope]", "[{randomized: {law: float}}, rope]",
        "[{randomized: {law: exponential}}, rope]", "[{randomized: {law: beta}}, rope]", "[pose, rope]"}) {
    INFO(yaml);
    const Tensor first = of(yaml, 7, true);
    Positions deeper;
    deeper.shape.layer = 2;
    deeper.shape.heads = deeper.shape.key_heads = 1;
    deeper.shape.random = Random(99);
    CHECK(at::equal(deeper.of(yaml, 7, true), first));
    CHECK_FALSE(at::equal(of(yaml, 8, true), first));
    CHECK((first.diff() > 0).all().item<bool>());
    if (first.dim() == 2) CHECK_FALSE(at::equal(first[0], first[1]));
    CHECK(at::equal(of(yaml, 0, false), of(yaml, 0, false)));
    CHECK(make_stack(yaml, shape).traits(true).random);
  }
}

TEST_CASE_METHOD(Positions, "random positions are what their law says, in training and testing") {
  const Tensor plain = at::arange(kLawTokens, at::kDouble);
  const Tensor subset = of("[{randomized: {max: 40}}, rope]", 3, true);
  CHECK(at::equal(subset, subset.round()));
  CHECK(subset.max().item<double>() < 40);
  const Tensor even = of("[{randomized: {max: 40}}, rope]", 0, false);
  CHECK(at::equal(even, (plain * 40 / 24).round()));
  CHECK((even.diff() >= 1).all().item<bool>());
  CHECK(largest(of("[{randomized: {law: float, max: 40}}, rope]", 0, false) - plain * 40 / 24) < 1e-12);
  CHECK(at::equal(of("[{randomized: {test: plain}}, rope]", 0, false), plain));
  for (const char* law : {"exponential", "beta"}) {
    const std::string yaml = std::string("[{randomized: {law: ") + law + "}}, rope]";
    const Tensor drawn = of(yaml, 3, true);
    CHECK(largest(drawn - plain * drawn[1]) < 1e-9);
    CHECK(at::equal(of(yaml, 3, false), plain));
    CHECK_FALSE(make_stack(yaml, shape).traits(false).depends_on_context);
  }
  CHECK(make_stack("[randomized, rope]", shape).traits(false).depends_on_context);
  CHECK_FALSE(make_stack("[{randomized: {test: plain}}, rope]", shape).traits(false).depends_on_context);
}

TEST_CASE_METHOD(Positions, "PoSE skips once, in the first half, to no further than its target") {
  const Tensor plain = at::arange(kLawTokens, at::kDouble);
  double farthest = 0;
  for (uint64_t draw = 1; draw <= 200; ++draw) {
    const Tensor all = of("[{pose: {target: 40}}, rope]", draw, true);
    for (int64_t b = 0; b < 2; ++b) {
      const Tensor skip = all[b] - plain;
      CHECK(skip[0].item<double>() == 0);
      CHECK((skip.slice(0, kLawTokens / 2) == skip[kLawTokens - 1]).all().item<bool>());
      CHECK((skip.diff() != 0).sum().item<int64_t>() <= 1);
      farthest = std::max(farthest, all[b].max().item<double>());
    }
  }
  CHECK(farthest == 39);
  CHECK(at::equal(of("[pose, rope]", 5, false), plain));
}

TEST_CASE_METHOD(Positions, "a grid leaves the same gaps before and behind it, along both axes") {
  // Text 0..4, a grid of 2 rows and 3 columns at 5..10, text from 11 on.
  for (const bool whole : {true, false}) {
    INFO((whole ? "whole" : "real"));
    const Band place =
        grid(std::string("{grids: [{at: 5, rows: 2, columns: 3}], spacing: ") + (whole ? "whole}" : "real}"), 14);
    const auto down = numbers(place.key), across = numbers(place.key_down);
    for (const size_t text : {0, 4, 11, 13}) CHECK(down[text] == Approx(across[text]));
    CHECK(down[4] == 4);
    CHECK(down[11] == Approx(whole ? 4 + 3 * 4 : 4 + 2 * 3 + 1));
    CHECK(down[12] == Approx(down[11] + 1));
    CHECK(down[5] - down[4] == Approx(down[11] - down[10]));
    CHECK(across[5] - across[4] == Approx(across[11] - across[10]));
    CHECK(down[8] - down[5] == Approx(down[5] - down[4]));                  // the next row
    CHECK(across[6] - across[5] == Approx(across[5] - across[4]));          // the next column
    CHECK(3 * (down[8] - down[5]) == Approx(4 * (across[6] - across[5])));  // (h+1) s = (w+1) t
  }
}

TEST_CASE_METHOD(Positions, "a learned table ends in one sentence, unless it is continued") {
  using Catch::Contains;
  const Stack stack = make_stack("[learned]", shape), continued = make_stack("[{learned: {hierarchical: 0.4}}]", shape);
  const auto added = [&](const Stack& to, int64_t tokens) {
    return to.embed(at::zeros({1, tokens, shape.width}, at::kDouble), {}, false, 0)[0].detach();
  };
  CHECK(added(stack, kLawTrained).size(0) == kLawTrained);
  CHECK_THROWS_WITH(added(stack, kLawTrained + 1),
                    Contains("the table of 8 positions") && Contains("position 8") && Contains("which reaches 64"));
  CHECK_THROWS_WITH(stack.embed(at::zeros({1, 1, shape.width}), {}, false, kLawTrained), Contains("raise `size`"));
  CHECK_THROWS_AS(added(stack, kLawTrained + 1), DoesNotApply);
  const Tensor far = added(continued, 64);
  CHECK(at::equal(far.narrow(0, 0, 8), added(stack, 8)));  // the same start, for the same seed
  CHECK((far.unsqueeze(0) - far.unsqueeze(1)).abs().sum(-1).add(at::eye(64, at::kDouble)).min().item<double>() > 0);
  CHECK_THROWS_WITH(added(continued, 65), Contains("position 64"));
  CHECK_THROWS_WITH(make_stack("[{learned: {hierarchical: 0.5}}]", shape), Contains("0.4"));
}

TEST_CASE_METHOD(Positions, "a continued table takes a trained one's place by name") {
  const config::Node list = config::parse_yaml("stack: [learned]", "test");
  const config::Node variant = config::parse_yaml("v: [{learned: {hierarchical: 0.4, replace: true}}]", "test");
  std::vector<Stack::Item> items;
  append_modifiers(items, *list.find("stack"), shape, "stack");
  apply_variant(items, *variant.find("v"), shape, "v");
  REQUIRE(items.size() == 1);
  REQUIRE(items.front().modifier->parameters().size() == 1);
  CHECK(items.front().modifier->parameters().front().name == "table");
  CHECK(items.front().modifier->parameters().front().tensor.size(0) == kLawTrained);
}

TEST_CASE_METHOD(Positions, "absolute positions have parameters in the first layer only, and read moved tokens") {
  Shape deeper = shape;
  deeper.layer = 1;
  for (const char* yaml : {"[learned]", "[{sinusoidal: {learned_scale: true}}]"}) {
    CHECK(make_stack(yaml, shape).items().front().modifier->parameters().size() == 1);
    CHECK(make_stack(yaml, deeper).items().front().modifier->parameters().empty());
  }
  const Tensor x = at::zeros({2, 6, shape.width}, at::kDouble);
  Given given;
  given.draw = 4;
  const Tensor places = of("[{randomized: {each: example}}, rope]", 4, true, 6);
  const Tensor moved = make_stack("[{randomized: {each: example}}, sinusoidal]", shape).embed(x, given, true, 0);
  CHECK(largest(moved.select(-1, 0) - places.sin()) < 1e-12);
  Shape odd = shape;
  odd.width = 9;
  CHECK_THROWS_WITH(make_stack("[sinusoidal]", odd), Catch::Contains("must be even, got 9"));
}
