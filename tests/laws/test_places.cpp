// Where far tokens stand, and who sees whom: the published maps as vectors, what they must be at their ends, a real
// cache beside the one that is only thought of.
#include "base/error.h"
#include "catch.h"
#include "laws/subjects.h"

#include <cmath>

using namespace lx;
using namespace lx::laws;

namespace {

struct Places {
  Shape shape = law_shape(4, 2, 8);

  Given both_ways(int64_t tokens) const {
    Given given;
    given.visible.prefix = at::full({2}, tokens, at::kLong);
    return given;
  }

  ScorePlan plan(const std::string& yaml, int64_t tokens, const Given& given = {}, bool training = false) const {
    const Content c(shape, tokens);
    return plan_of(make_stack(yaml, shape), c, given, training);
  }

  /// Relative positions [T,T].
  Tensor relative(const std::string& yaml, int64_t tokens, const Given& given = {}) const {
    return relative_positions(plan(yaml, tokens, given), 0, tokens)[0];
  }

  std::vector<double> of_query(const std::string& yaml, int64_t query) const {
    return numbers(relative(yaml, query + 1)[query]);
  }

  Tensor weights(const std::string& yaml, int64_t tokens, const Given& given = {}, bool training = false) const {
    return attention_weights(plan(yaml, tokens, given, training), 0, tokens);
  }

  std::string refusal(const std::string& yaml) const {
    try {
      plan(yaml, 10);
    } catch (const Error& error) {
      return error.what();
    }
    return "no refusal";
  }
};

using Row = std::vector<double>;

}  // namespace

TEST_CASE_METHOD(Places, "relative maps give their published positions") {
  CHECK(of_query("[rope, {rerope: {window: 4}}]", 9) == Row{4, 4, 4, 4, 4, 4, 3, 2, 1, 0});
  CHECK(of_query("[rope, {rerope: {window: 4, interval: 0.5}}]", 9) == Row{6.5, 6, 5.5, 5, 4.5, 4, 3, 2, 1, 0});
  CHECK(of_query("[rope, {self_extend: {window: 4, group: 2}}]", 9) == Row{6, 6, 5, 5, 4, 4, 3, 2, 1, 0});
  // Chunks of c = 4 - 1 = 3 tokens; a query of the next chunk stands at min(i mod 3 + 3, 4), a later one at 4.
  CHECK(of_query("[rope, {chunked: {chunk: 4, local: 1}}]", 9) == Row{4, 3, 2, 4, 3, 2, 3, 2, 1, 0});
  CHECK(of_query("[rope, {chunked: {chunk: 4, local: 1}}]", 8) == Row{4, 3, 2, 4, 3, 2, 2, 1, 0});
  CHECK(of_query("[rope, {string: {shift: 5, window: 2}}]", 9) == Row{6, 5, 4, 3, 2, 4, 3, 2, 1, 0});
  CHECK(of_query("[rope, {streaming: {size: 4, sinks: 2}}]", 3) == Row{3, 2, 1, 0});
}

TEST_CASE_METHOD(Places, "defaults follow the trained length") {
  shape.trained_length =
      128;  // self_extend: 32 exact, groups of 8; chunked: 80 a chunk; string: 42, 8; streaming: 4 + 128
  const Row grouped = of_query("[rope, self_extend]", 200), chunks = of_query("[rope, chunked]", 200);
  CHECK(grouped[169] == 31);
  CHECK(grouped[168] == 25 - 21 + 32 - 4);
  CHECK(chunks[159] == 96 - 79);
  CHECK(chunks[0] == 96);
  const Row shifted = of_query("[rope, string]", 200), ranks = of_query("[rope, streaming]", 200);
  CHECK(shifted[159] == 41);
  CHECK(shifted[158] == 8);
  CHECK(ranks[0] == 131);
}

TEST_CASE_METHOD(Places, "Self-Extend keeps its jump at the window") {
  const Row row = of_query("[rope, {self_extend: {window: 6, group: 4}}]", 9);
  CHECK(row[4] == 5);
  CHECK(row[3] == 7);  // floor(9/4) - floor(3/4) + 6 - floor(6/4)
  CHECK(of_query("[rope, {self_extend: {window: 6, group: 4}}]", 11)[5] == 6);
}

TEST_CASE_METHOD(Places, "streaming positions are the ranks of a cache that evicts") {
  const int64_t sinks = 3, size = 4, tokens = 20;
  const ScorePlan plan = this->plan("[rope, {streaming: {size: 4, sinks: 3}}]", tokens);
  const Tensor relative = relative_positions(plan, 0, tokens)[0];
  std::vector<int64_t> cache;
  for (int64_t i = 0; i < tokens; ++i) {
    cache.push_back(i);
    if (static_cast<int64_t>(cache.size()) > sinks + size) cache.erase(cache.begin() + sinks);
    const Tensor visible = plan.visible.mask(i, 1, 0, tokens).flatten();
    CHECK(visible.sum().item<int64_t>() == static_cast<int64_t>(cache.size()));
    for (size_t rank = 0; rank < cache.size(); ++rank) {
      CHECK(visible[cache[rank]].item<bool>());
      CHECK(relative[i][cache[rank]].item<double>() == static_cast<double>(cache.size() - 1 - rank));
    }
  }
}

TEST_CASE_METHOD(Places, "neutral settings of maps, movers and masks are plain RoPE") {
  const int64_t tokens = 30;
  for (const bool training : {true, false}) {
    Given drawn;
    drawn.draw = 9;
    const Tensor plain = weights("[rope]", tokens, drawn, training);
    for (const char* yaml : {"[rope, {rerope: {window: 30}}]", "[rope, {rerope: {window: 7, interval: 1}}]",
                             "[rope, {self_extend: {window: 30}}]", "[rope, {self_extend: {window: 7, group: 1}}]",
                             "[rope, {string: {shift: 30}}]", "[rope, {string: {shift: 7, window: 7}}]",
                             "[rope, {chunked: {chunk: 60, local: 30}}]", "[rope, {streaming: {size: 30}}]",
                             "[rope, {blocks: {size: 30}}]", "[rope, {order: {sees: past}}]",
                             "[{randomized: {max: 30}}, rope]", "[{pose: {target: 30}}, rope]", "[rope, rope_tie]",
                             "[{pose: {when: test}}, rope]", "[{randomized: {law: exponential, when: test}}, rope]"}) {
      INFO(yaml << (training ? ", training" : ", testing"));
      CHECK(largest(weights(yaml, tokens, drawn, training) - plain) < 1e-12);
    }
  }
  CHECK(at::equal(weights("[rope, rope_tie]", tokens), weights("[rope]", tokens)));
}

TEST_CASE_METHOD(Places, "relative maps are odd where keys lie ahead") {
  for (const char* yaml : {"[rope, {rerope: {window: 4}}]", "[rope, {self_extend: {window: 4, group: 3}}]",
                           "[rope, {chunked: {chunk: 5, local: 2}}]", "[rope, {string: {shift: 5, window: 2}}]"}) {
    INFO(yaml);
    const Tensor all = relative(yaml, 25, both_ways(25));
    CHECK(largest(all + all.t()) == 0);
    const Tensor causal = relative(yaml, 25);
    CHECK(largest((all - causal).tril()) == 0);
  }
}

TEST_CASE_METHOD(Places, "half-split and interleaved RoPE agree once channels are permuted") {
  const Content c(shape, 12);
  const Tensor from = at::arange(8).view({2, 4}).t().reshape({-1});  // channel 2m is m, 2m + 1 is m + 4
  Content permuted = c;
  permuted.q = c.q.index_select(-1, from);
  permuted.k = c.k.index_select(-1, from);
  const Tensor half = attention_weights(plan_of(make_stack("[rope]", shape), c, {}, false), 0, 12);
  const Stack interleaved = make_stack("[{rope: {layout: interleaved}}]", shape);
  CHECK(largest(attention_weights(plan_of(interleaved, permuted, {}, false), 0, 12) - half) < 1e-12);
  CHECK(largest(attention_weights(plan_of(interleaved, c, {}, false), 0, 12) - half) > 1e-3);
}

TEST_CASE("tokens turn by their place in the text, the same in every head") {
  const Frequencies frequencies{.theta = at::tensor({1.0, 0.1}, at::kDouble)};
  const Tensor place = at::arange(3, at::kDouble);
  const Tensor turned =
      turn(at::ones({1, 3, 3, 4}, at::kDouble), {.query = place, .key = place}, frequencies, {}, Side::query)[0];
  CHECK(largest(turned - turned[0]) == 0);  // [H,T,D]: heads alike
  for (int64_t t = 0; t < 3; ++t)
    CHECK(turned[1][t][0].item<double>() ==
          Approx(std::cos(static_cast<double>(t)) - std::sin(static_cast<double>(t))));
}

TEST_CASE("far positions keep their phase when content is bfloat16") {
  // bfloat16 has eight bits: as numbers of that kind, 257 is 256 and 100001 is 99840.
  const Tensor place = at::tensor({257.0, 1003.0, 100001.0}, at::kDouble);
  const Band band{.query = place, .key = place};
  const Frequencies frequencies{.theta = at::tensor({1.0, 0.1}, at::kDouble)};
  const Tensor x = at::ones({1, 1, 3, 4}, at::kDouble);
  for (const Side side : {Side::query, Side::key}) {
    const Tensor exact = turn(x, band, frequencies, {}, side);
    const Tensor rough = turn(x.to(at::kBFloat16), band, frequencies, {}, side).to(at::kDouble);
    CHECK(largest(rough - exact) < 0.02);
  }
}

TEST_CASE_METHOD(Places, "blocks of N/2 show each query more than N/2 keys and at most N") {
  shape.trained_length = 10;
  const ScorePlan plan = this->plan("[rope, blocks]", 40);
  const Tensor seen = plan.visible.count(0, 40, 40).flatten();
  CHECK(seen.slice(0, 5).min().item<double>() == 6);
  CHECK(seen.max().item<double>() == 10);
  CHECK(largest(weights("[rope, {blocks: {size: 6}}, {window: {size: 3}}]", 20) -
                weights("[rope, {window: {size: 3}}]", 20)) < 1e-12);
}

TEST_CASE_METHOD(Places, "a mirrored mask is the causal one on the text read backwards") {
  const Content c(shape, 15);
  Content back = c;
  back.q = c.q.flip({2});
  back.k = c.k.flip({2});
  const Tensor past = attention_weights(plan_of(make_stack("[]", shape), c, {}, false), 0, 15);
  const Tensor future = attention_weights(plan_of(make_stack("[order]", shape), back, {}, false), 0, 15);
  CHECK(largest(future.flip({2, 3}) - past) < 1e-12);
  const Stack all = make_stack("[{order: {sees: all}}]", shape);
  CHECK(attention_weights(plan_of(all, c, {}, false), 0, 15).min().item<double>() > 0);
  CHECK(all.traits(false).looks_ahead);
  CHECK_FALSE(all.traits(false).gives_order);
  CHECK(make_stack("[order]", shape).traits(false).gives_order);
}

TEST_CASE_METHOD(Places, "maps and movers that contradict each other are refused in one sentence") {
  using Catch::Contains;
  CHECK_THAT(refusal("[rope, rerope, randomized]"), Contains("must come before 'rerope'"));
  CHECK_THAT(refusal("[rope, string, pose]"), Contains("must come before 'string'"));
  CHECK_THAT(refusal("[rope, string, self_extend]"), Contains("both say where far tokens stand"));
  CHECK_THAT(refusal("[randomized, rope, chunked]"), Contains("both say where tokens stand"));
  CHECK_THAT(refusal("[randomized, pose, rope]"), Contains("both say where tokens stand"));
  CHECK_THAT(refusal("[rope, {rope_tie: {grids: [{at: 2}]}}, rerope]"), Contains("on the grid of 'rope_tie'"));
  CHECK_THAT(refusal("[rope_tie, rope]"), Contains("stands before the modifier whose frequencies it edits"));
  CHECK_THAT(refusal("[learned, {randomized: {law: float}}]"), Contains("reads a table"));
  CHECK_THAT(refusal("[rope, {string: {shift: 3, window: 4}}]"), Contains("window (4) must not exceed shift (3)"));
  CHECK_THAT(refusal("[rope, {chunked: {chunk: 3, local: 3}}]"), Contains("local (3) must be smaller"));
  CHECK_THAT(refusal("[{pose: {target: 4}}, rope]"), Contains("target (4)"));
  CHECK_THAT(refusal("[{randomized: {max: 4}}, rope]"), Contains("max (4)"));
  CHECK_THAT(refusal("[{randomized: {max: 9}}, rope]"), Contains("a text of 10 tokens has no room among 9"));
  CHECK_THAT(refusal("[{randomized: {law: exponential, max: 40}}, rope]"), Contains("leave out max (40)"));
  CHECK_THAT(refusal("[{randomized: {law: beta, max: 12}}, rope]"), Contains("state its concentration"));
  CHECK_THAT(refusal("[{randomized: {concentration: 2}}, rope]"), Contains("shapes the beta law only"));
  CHECK_THAT(refusal("[{randomized: {law: beta, test: even}}, rope]"), Contains("test with plain positions"));
  CHECK_THAT(refusal("[rope, {rope_tie: {grids: [{at: 2, rows: 2, columns: 2}, {at: 6}]}}]"),
             Contains("the grid at 6 must come after"));
  CHECK(refusal("[randomized, rope, rerope]") == "no refusal");
}
