// Settings under which a method must be something simpler, and settings that must not be silent.
#include "attention/attend.h"
#include "attention/stack.h"
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "encoding/stack_config.h"

#include <ATen/ATen.h>

using namespace lx;

namespace {

struct Identity {
  static constexpr int64_t kTokens = 30;
  const Shape shape{.heads = 4, .key_heads = 2, .head_dim = 8, .width = 16, .trained_length = 10};

  Tensor mixed(const std::string& yaml, Given given = {}, bool training = false) const {
    at::manual_seed(5);
    const Tensor q = at::randn({2, 4, kTokens, 8}, at::kDouble), k = at::randn({2, 2, kTokens, 8}, at::kDouble);
    Tensor v = at::randn({2, 2, kTokens, 5}, at::kDouble);
    std::vector<Stack::Item> items;
    append_modifiers(items, *config::parse_yaml("s: " + yaml, "test").find("s"), shape, "s");
    const ScorePlan plan = Stack(shape, std::move(items)).plan(q, k, v, {}, given, training);
    return attend(plan, v);
  }

  /// The longest text that `yaml` reads as plain RoPE does, of up to kTokens tokens.
  int64_t first_change(const std::string& yaml) const {
    for (int64_t tokens = 1; tokens <= kTokens; ++tokens) {
      at::manual_seed(5);
      const Tensor q = at::randn({2, 4, tokens, 8}, at::kDouble), k = at::randn({2, 2, tokens, 8}, at::kDouble);
      const Tensor v = at::randn({2, 2, tokens, 5}, at::kDouble);
      const auto read = [&](const std::string& stack) {
        std::vector<Stack::Item> items;
        append_modifiers(items, *config::parse_yaml("s: " + stack, "test").find("s"), shape, "s");
        const Stack built(shape, std::move(items));
        Tensor values = v;
        return attend(built.plan(q, k, values, {}, {}, false), values);
      };
      if ((read(yaml) - read("[rope]")).abs().max().item<double>() > 1e-12) return tokens - 1;
    }
    return kTokens;
  }

  double difference(const std::string& a, const std::string& b) const {
    return (mixed(a) - mixed(b)).abs().max().item<double>();
  }
};

}  // namespace

TEST_CASE_METHOD(Identity, "neutral settings are plain RoPE") {
  for (const char* yaml :
       {"[rope, {window: {size: 30}}]", "[rope, {pi: {factor: 1}}]", "[rope, {yarn: {factor: 1}}]",
        "[rope, {ntk: {factor: 1}}]", "[rope, {ntk: {factor: 1, kind: mixed}}]", "[rope, {rerope: {window: 30}}]",
        "[rope, {rerope: {window: 7, interval: 1}}]", "[rope, {log_n: {base: 1000}}]",
        "[rope, {window: {size: 5, sinks: 30}}]", "[rope, qk_bias]"}) {
    INFO(yaml);
    CHECK(difference("[rope]", yaml) < 1e-12);
  }
}

TEST_CASE_METHOD(Identity, "what acts beyond a length leaves shorter texts exactly as they were") {
  struct Clipped {
    const char* yaml;
    int64_t untouched;  // tokens (N = 10) up to which nothing changes when testing
  };
  const Clipped all[] = {{"[rope, log_n]", 10},
                         {"[rope, {ntk: {factor: 1, dynamic: true}}]", 10},
                         {"[rope, {ntk: {factor: 4, dynamic: true}}]", 10},
                         {"[rope, pi]", 10},
                         {"[rope, ntk]", 10},
                         {"[rope, {yarn: {fast: 1, slow: 0.1}}]", 10},
                         {"[rope, temperature]", 10},
                         {"[rope, {longrope: {temperature: false}}]", 10},
                         {"[rope, window]", 10},
                         {"[rope, {window: {size: 10, sinks: 4}}]", 14},  // window and sinks cover it
                         {"[rope, streaming]", 14},
                         {"[rope, {window: {size: 10, sinks: 2}}, {rerope: {window: 10}}]", 11},
                         {"[rope, rerope]", 6},  // distance w itself is w
                         {"[rope, {rerope: {window: 4, interval: 0.25}}]", 5},
                         {"[rope, self_extend]", 3},
                         {"[rope, string]", 3},
                         {"[rope, {chunked: {chunk: 8, local: 2}}]", 9},  // 6 of the first chunk, 3 of the next
                         {"[rope, {blocks: {size: 4}}]", 8},
                         {"[pose, rope]", 30},
                         {"[{randomized: {law: exponential}}, rope]", 30}};
  for (const Clipped& clipped : all) {
    INFO(clipped.yaml);
    CHECK(first_change(clipped.yaml) == clipped.untouched);
  }
}

TEST_CASE_METHOD(Identity, "NTK kinds meet each other at their ends") {
  CHECK(difference("[rope, {ntk: {factor: 8, kind: mixed, exponent: 1}}]", "[rope, {ntk: {factor: 8, kind: fixed}}]") <
        1e-12);
  CHECK(difference("[rope, {ntk: {factor: 8, kind: mixed, exponent: 0}}]", "[rope, {pi: {factor: 8}}]") < 1e-12);
  CHECK(difference("[{rope: {base: 80000}}]", "[rope, {ntk: {factor: 8, kind: old}}]") < 1e-12);
}

TEST_CASE_METHOD(Identity, "every other setting changes the output") {
  for (const char* yaml :
       {"[rope, {pi: {factor: 2}}]", "[rope, {ntk: {factor: 2}}]", "[rope, {yarn: {factor: 2, fast: 1, slow: 0.1}}]",
        "[rope, {rerope: {window: 5}}]", "[rope, {window: {size: 5}}]", "[rope, key_norm]", "[rope, query_norm]",
        "[rope, cosine]", "[rope, log_n]", "[rope, {log_n: {floor: 0}}]", "[{rope: {base: 100}}]", "[]",
        "[rope, {yarn: {factor: 2, fast: 1, slow: 0.1, temperature: false}}]"}) {
    INFO(yaml);
    CHECK(difference("[rope]", yaml) > 1e-4);
  }
}

TEST_CASE_METHOD(Identity, "`when` decides the mode a modifier acts in") {
  const auto differ = [&](const char* a, const char* b, bool training) {
    return (mixed(a, {}, training) - mixed(b, {}, training)).abs().max().item<double>() > 1e-6;
  };
  CHECK_FALSE(differ("[rope, {rerope: {window: 5, when: test}}]", "[rope]", true));
  CHECK(differ("[rope, {rerope: {window: 5, when: test}}]", "[rope]", false));
  CHECK(differ("[rope, {rerope: {window: 5, when: train}}]", "[rope]", true));
  CHECK_FALSE(differ("[rope, {rerope: {window: 5, when: train}}]", "[rope]", false));
}

TEST_CASE_METHOD(Identity, "relative maps are odd where keys may lie ahead") {
  // In a bidirectional stretch, reversing the text and the sign of the angles is a symmetry of RoPE; an odd map keeps
  // it.
  Given all;
  all.visible.prefix = at::full({2}, kTokens, at::kLong);
  const Tensor rerope = mixed("[rope, {rerope: {window: 30}}]", all), plain = mixed("[rope]", all);
  CHECK((rerope - plain).abs().max().item<double>() < 1e-12);
  CHECK((mixed("[rope, {rerope: {window: 4, interval: 1}}]", all) - plain).abs().max().item<double>() < 1e-12);
  CHECK((mixed("[rope, {rerope: {window: 4}}]", all) - plain).abs().max().item<double>() > 1e-4);
}

TEST_CASE_METHOD(Identity, "mistakes in a stack get one sentence with the place") {
  const auto error = [&](const std::string& yaml) -> std::string {
    try {
      mixed(yaml);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  using Catch::Contains;
  CHECK_THAT(error("[ropr]"), Contains("test:1:5") && Contains("there is no modifier 'ropr'; did you mean 'rope'?"));
  CHECK_THAT(error("[rope, {rerope: {widnow: 3}}]"), Contains("did you mean 'window'?") && Contains("s[1].rerope"));
  CHECK_THAT(error("[rope, rope]"), Contains("already acts in this stack"));
  CHECK_THAT(error("[{rope: {when: never}}]"), Contains("both, train, test"));
  CHECK_THAT(error("[{rope: {}, log_n: {}}]"), Contains("a modifier is written"));
  CHECK_THAT(error("[{rerope: {window: -1}}]"), Contains("window"));
}
