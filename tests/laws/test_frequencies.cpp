// Published numbers and traps of the frequency methods, scales and normalisers.
#include "attention/attend.h"
#include "base/error.h"
#include "catch.h"
#include "encoding/base_choice.h"
#include "laws/subjects.h"

#include <numbers>

using namespace lx;
using namespace lx::laws;

namespace {

struct Tuning {
  static Shape long_shape(int64_t head_dim = 128, int64_t trained = 2048) {
    return {.heads = 1, .key_heads = 1, .head_dim = head_dim, .width = head_dim, .trained_length = trained};
  }

  static Tensor theta_of(const std::string& yaml, const Shape& shape, int64_t length) {
    return make_stack(yaml, shape).layout(length, {}, false).frequencies.theta;
  }

  static double at_pair(const Tensor& theta, int64_t m) { return theta[m].item<double>(); }

  static Tensor mixed(const std::string& yaml, const Content& c, const Shape& shape) {
    const Stack stack = make_stack(yaml, shape);
    make_exact(stack);
    Tensor v = c.v;
    return attend(stack.plan(c.q, c.k, v, c.hidden, {}, false), v);
  }

  static std::string refusal(const std::string& yaml) {
    try {
      make_stack(yaml, law_shape());
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }
};

}  // namespace

TEST_CASE_METHOD(Tuning, "dynamic NTK has Hugging Face's frequencies: D 128, N 2048, factor 10, 16384 tokens") {
  const Tensor theta = theta_of("[rope, {ntk: {factor: 10, dynamic: true}}]", long_shape(), 16384);
  CHECK(at_pair(theta, 63) == Approx(1.6265e-6).epsilon(1e-4));
  CHECK(std::pow(at_pair(theta, 1), -64) == Approx(759702.23).epsilon(1e-6));
  const Tensor within = theta_of("[rope, {ntk: {factor: 10, dynamic: true}}]", long_shape(), 2000);
  CHECK(largest(within - theta_of("[rope]", long_shape(), 2000)) == 0);
}

TEST_CASE_METHOD(Tuning, "Llama 3 has Hugging Face's frequencies: D 128, N 2048, factor 10") {
  const Tensor theta = theta_of("[rope, {llama3: {factor: 10}}]", long_shape(), 4096);
  CHECK(at_pair(theta, 31) == Approx(1.0730e-2).epsilon(1e-4));
  CHECK(at_pair(theta, 40) == Approx(3.4539e-4).epsilon(1e-4));
}

TEST_CASE_METHOD(Tuning, "a key cached under one NTK base is read under the next one") {
  // Trap: keys kept in rotated form keep the base of their day. Here each step plans anew over raw keys: a step is the
  // last row of a pass over the text so far, after a long prompt and a shorter one alike.
  const Shape shape = law_shape();
  const Content c(shape);
  const Stack stack = make_stack("[rope, {ntk: {factor: 2, dynamic: true}}]", shape);
  Memory memory;
  for (int64_t t = 0; t < kLawTokens; ++t) {
    Tensor v = c.v.narrow(2, t, 1), all = c.v.narrow(2, 0, t + 1);
    const Tensor step = attend(stack.plan(c.q.narrow(2, t, 1), c.k.narrow(2, t, 1), v, {}, {}, false, &memory), v);
    const Tensor pass = attend(stack.plan(c.q.narrow(2, 0, t + 1), c.k.narrow(2, 0, t + 1), all, {}, {}, false), all);
    CHECK(largest(step - pass.narrow(2, t, 1)) < 1e-12);
  }
}

TEST_CASE_METHOD(Tuning, "partial RoPE counts its exponent over the turning channels, p-RoPE over all") {
  const Tensor partial = theta_of("[{rope: {fraction: 0.25}}]", long_shape(), 10);
  REQUIRE(partial.size(0) == 16);
  CHECK(at_pair(partial, 1) == Approx(std::pow(10000, -1.0 / 16)));
  const Tensor p_rope = theta_of("[{rope: {proportion: 0.25}}]", long_shape(), 10);
  REQUIRE(p_rope.size(0) == 64);
  CHECK(at_pair(p_rope, 1) == Approx(std::pow(10000, -1.0 / 64)));
  CHECK(at_pair(p_rope, 15) > 0);
  CHECK(at_pair(p_rope, 16) == 0);
}

TEST_CASE_METHOD(Tuning, "the smallest admissible bases are those of kexue.fm 10122") {
  struct Published {
    int64_t width, length;
    double base;
  };
  for (const Published& p :
       {Published{128, 512, 2.07e3}, {128, 1024, 4.29e3}, {128, 2048, 1.16e4}, {64, 512, 3.44e3}, {64, 1024, 7.75e3}}) {
    INFO(p.width << " " << p.length);
    CHECK(smallest_base(p.width / 2, p.length) == Approx(p.base).epsilon(0.005));
  }
  CHECK(first_unfavoured(64, 10000, 4096) == 1707);
  CHECK(first_unfavoured(32, 10000, 4096) == 725);
  CHECK(first_unfavoured(64, 10000, 1707) == -1);
  CHECK(at_pair(theta_of("[{rope: {base_for: 512}}]", long_shape(), 10), 1) ==
        Approx(std::pow(smallest_base(64, 512), -1.0 / 64)));
}

TEST_CASE_METHOD(Tuning, "resonance makes every wavelength a whole number of tokens") {
  const Tensor wave = 2 * std::numbers::pi / theta_of("[rope, {yarn: {factor: 8}}, resonance]", long_shape(), 10);
  CHECK(largest(wave - wave.round()) < 1e-6);
  CHECK(wave[0].item<double>() == Approx(6));
}

TEST_CASE_METHOD(Tuning, "LongRoPE without lists divides as NTK-aware does") {
  CHECK(largest(theta_of("[rope, {longrope: {factor: 8}}]", long_shape(), 4096) -
                theta_of("[rope, {ntk: {factor: 8}}]", long_shape(), 4096)) < 1e-12);
  CHECK(largest(theta_of("[rope, {longrope: {factor: 8}}]", long_shape(), 2048) -
                theta_of("[rope]", long_shape(), 2048)) == 0);
  const Shape small = long_shape(6, 16);
  const std::string lists = "[rope, {longrope: {long: [1, 2, 4], short: [1, 1, 1.5]}}]";
  CHECK(largest(theta_of("[rope]", small, 9) / theta_of(lists, small, 17) - at::tensor({1.0, 2.0, 4.0})) < 1e-6);
  CHECK(largest(theta_of("[rope]", small, 9) / theta_of(lists, small, 16) - at::tensor({1.0, 1.0, 1.5})) < 1e-6);
  CHECK(refusal("[rope, {longrope: {long: [1, 2]}}]") == "accepted");  // the number of pairs is known at the first call
  CHECK_THROWS_AS(theta_of("[rope, {longrope: {long: [1, 2]}}]", long_shape(), 4096), Error);
}

TEST_CASE_METHOD(Tuning, "FoPE's clamp stops exactly the pairs without a whole turn") {
  const Tensor plain = theta_of("[rope]", long_shape(), 10), clamped = theta_of("[rope, fope_clamp]", long_shape(), 10);
  for (int64_t m = 0; m < 64; ++m)
    CHECK((at_pair(clamped, m) == 0) == (at_pair(plain, m) * 2048 / (2 * std::numbers::pi) < 1));
}

TEST_CASE_METHOD(Tuning, "the temperature of YaRN is a switch of its own, and enters squared") {
  const Content c(law_shape());
  const auto gap = [&](const char* a, const char* b) {
    return largest(mixed(a, c, law_shape()) - mixed(b, c, law_shape()));
  };
  const char* both = "[rope, {yarn: {factor: 8, fast: 1, slow: 0.1}}]";
  CHECK(gap(both, "[rope, {yarn: {factor: 8, fast: 1, slow: 0.1, temperature: false}}, {temperature: {factor: 8}}]") <
        1e-12);
  const double mu = 0.1 * std::log(8) + 1;  // on cosine and sine, hence squared in the logits
  const std::string by_number = fmt::format("[rope, {{temperature: {{value: {}}}}}]", 1 / (mu * mu));
  CHECK(gap("[rope, {temperature: {factor: 8}}]", by_number.c_str()) < 1e-12);
  CHECK(gap("[rope]", "[rope, {temperature: {value: 1}}]") < 1e-12);
}

TEST_CASE_METHOD(Tuning, "every scale of the logits changes the output") {
  // Trap: a scale that is subtracted (s log n less) is constant along a row, and softmax does not see it.
  const Content c(law_shape());
  const Tensor plain = mixed("[rope]", c, law_shape());
  for (const char* scale : {"log_n", "ssmax", "adaptive_scale", "{temperature: {factor: 8}}", "cosine", "qk_norm",
                            "key_norm", "query_norm", "{log_n: {base: 512, floor: 0, least_keys: 16}}"}) {
    INFO(scale);
    CHECK(largest(mixed(std::string("[rope, ") + scale + "]", c, law_shape()) - plain) > 1e-4);
  }
}

TEST_CASE_METHOD(Tuning, "scalable softmax starts with gains around one") {
  const Shape shape = long_shape(8, 1024);
  const Tensor gain = make_stack("[ssmax]", shape).layout(1024, {}, false).gain * std::sqrt(8.0);
  CHECK(gain.mean().item<double>() == Approx(1).epsilon(1e-6));
  CHECK(make_stack("[ssmax]", shape).items()[0].modifier->parameters()[0].tensor[0].item<double>() ==
        Approx(0.16847).epsilon(1e-4));
}

TEST_CASE_METHOD(Tuning, "1.5-entmax gives far-off keys exactly nothing, and all weights sum to one") {
  const Shape shape = law_shape();
  Content c(shape);
  c.q = c.q * 4;
  for (const char* yaml : {"[rope, entmax]", "[entmax, {window: {size: 5}}]"}) {
    const Stack stack = make_stack(yaml, shape);  // a plan points into its stack
    const ScorePlan plan = plan_of(stack, c, {}, false);
    const Tensor weights = attention_weights(plan, 0, kLawTokens);
    CHECK(largest(weights.sum(-1) - 1) < 1e-9);
    CHECK((weights == 0).sum().item<int64_t>() > weights.numel() * 5 / 8);
    CHECK(weights.min().item<double>() >= 0);
  }
}

TEST_CASE_METHOD(Tuning,
                 "xPos turns as RoPE does, fades pair by pair, and is refused where keys lie behind the query") {
  const Shape shape = long_shape(8);
  const auto layout = make_stack("[rope, xpos]", shape).layout(16, {}, false);
  CHECK(largest(layout.frequencies.theta - theta_of("[rope]", shape, 16)) == 0);
  const Tensor zeta = (layout.frequencies.growth * 512).exp();
  CHECK(at_pair(zeta, 0) == Approx(0.4 / 1.4));
  CHECK(at_pair(zeta, 3) == Approx((6 + 0.4 * 8) / (1.4 * 8)));
  const Content c(law_shape());
  Given prefixed;
  prefixed.visible.prefix = at::tensor({7, 0}, at::kLong);
  CHECK_THROWS_WITH(plan_of(make_stack("[rope, xpos]", law_shape()), c, prefixed, false),
                    Catch::Contains("'xpos' is defined for keys before the query only"));
}

TEST_CASE_METHOD(Tuning, "an xPos text too long for its number format is refused, not turned into NaN") {
  const Shape shape = long_shape(8);
  const int64_t tokens = 80000;
  const Tensor q = at::zeros({1, 1, tokens, 8}), k = q;
  Tensor v = at::zeros({1, 1, tokens, 1});
  CHECK_THROWS_WITH(make_stack("[rope, xpos]", shape).plan(q, k, v, {}, {}, false), Catch::Contains("overflows"));
}

TEST_CASE_METHOD(Tuning, "lists whose order or company has no meaning are refused") {
  CHECK_THAT(refusal("[pi, rope]"), Catch::Contains("'pi' stands before the modifier whose frequencies it edits"));
  CHECK_THAT(refusal("[{xpos: {when: test}}, rope]"), Catch::Contains("'xpos' stands before"));
  CHECK_THAT(refusal("[rope, entmax, entmax]"), Catch::Contains("already acts"));
  CHECK_THAT(refusal("[rope, {temperature: {value: 2, factor: 8}}]"), Catch::Contains("not both"));
  CHECK_THAT(refusal("[{rope: {fraction: 0.1}}]"), Catch::Contains("leaves no pair"));
  CHECK_THAT(refusal("[rope, {llama3: {low: 4, high: 1}}]"), Catch::Contains("must exceed low"));
  CHECK_THAT(refusal("[~rope]"), Catch::Contains("eval.variants"));
  CHECK_THAT(refusal("[{rope: {replace: true}}]"), Catch::Contains("eval.variants"));
}
