// Which modifiers act where: schedules over layers, groups of heads, and what a test-time variant may do to a trained
// stack.
#include "attention/attend.h"
#include "base/error.h"
#include "catch.h"
#include "laws/subjects.h"
#include "model/layers.h"
#include "model/model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace lx;

namespace {

struct Depth {
  static config::Node node(const std::string& yaml) { return *config::parse_yaml("n: " + yaml, "test").find("n"); }

  /// The names in each layer, `rope window` for [rope, window].
  static std::vector<std::string> schedule(const std::string& layers, int64_t count) {
    const config::Node encoding = node("{layers: " + layers + "}");
    check_encoding(encoding, count, "encoding");
    std::vector<std::string> all;
    for (int64_t layer = 0; layer < count; ++layer) {
      std::string names;
      for (const config::Node& one : entry_of_layer(encoding, layer, count, "encoding").node.list())
        names += one.string();
      all.push_back(names);
    }
    return all;
  }

  static HeadGroups groups(const std::string& encoding, const std::string& variant = "[]",
                           Shape shape = laws::law_shape()) {
    const config::Node own = node(encoding), change = node(variant);
    check_encoding(own, shape.layers, "encoding");
    check_encoding(change, shape.layers, "variant");
    return make_head_groups(own, change, shape);
  }

  static std::string refusal(const std::string& encoding, const std::string& variant = "[]") {
    try {
      groups(encoding, variant);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  static std::shared_ptr<Model> model(const std::string& encoding, const std::string& variant = "[]") {
    auto built = build_model(node("{width: 16, layers: 2, mixer: {heads: 4, key_heads: 2}}"), node(encoding),
                             node(variant), {.vocabulary = 11, .trained_length = 8}, Random(1));
    built->to(at::kDouble);
    built->eval();
    return built;
  }

  /// What a variant of a trained model computes: built anew, the trained weights copied in by name, all of them.
  static Tensor under(Model& trained, const std::string& encoding, const std::string& variant) {
    auto built = model(encoding, variant);
    auto ours = trained.named_parameters(), theirs = built->named_parameters();
    REQUIRE(ours.keys() == theirs.keys());
    for (const auto& item : ours) theirs[item.key()].copy_(item.value());
    return built->logits({.tokens = tokens()});
  }

  static Tensor tokens() {
    at::manual_seed(2);
    return at::randint(0, 11, {2, 20}, at::kLong);
  }
};

}  // namespace

TEST_CASE_METHOD(Depth, "the most explicit entry names a layer's stack") {
  using Names = std::vector<std::string>;
  CHECK(schedule("{rest: [a], last: [b]}", 4) == Names{"a", "a", "a", "b"});
  CHECK(schedule("{first: [f], rest: [a], last: [b]}", 3) == Names{"f", "a", "b"});
  CHECK(schedule("{1: [x], -1: [y], rest: [a], last: [b]}", 4) == Names{"a", "x", "a", "y"});
  CHECK(schedule("{'0, 2': [x], rest: [a]}", 4) == Names{"x", "a", "x", "a"});
  CHECK(schedule("{every 3: [e], rest: [a]}", 7) == Names{"a", "a", "e", "a", "a", "e", "a"});
  CHECK(schedule("{every 2: [e], first: [f], last: [l], rest: [a]}", 4) == Names{"f", "e", "a", "l"});
  CHECK(schedule("{1/3: [x], 2/3: [y], rest: [a]}", 6) == Names{"a", "a", "x", "a", "y", "a"});
  CHECK(schedule("{1/2: [x], rest: [a]}", 24)[12] == "x");
  CHECK(schedule("{first: [f], last: [l]}", 1) == Names{"l"});
  CHECK_THROWS_WITH(schedule("{every 0: [a], rest: [b]}", 4), Catch::Contains("Key 'every 0' not in"));
  CHECK_THROWS_WITH(schedule("{1/0: [a], rest: [b]}", 4), Catch::Contains("Key '1/0' not in"));
  CHECK_THROWS_WITH(schedule("{'1, x': [a], rest: [b]}", 4), Catch::Contains("not in"));
  CHECK_THROWS_WITH(schedule("{'1, 4': [a], rest: [b]}", 4), Catch::Contains("there is no layer 1, 4"));
  CHECK_THROWS_WITH(schedule("{2/2: [a], rest: [b]}", 4), Catch::Contains("there is no layer 2/2"));
  CHECK_THROWS_WITH(schedule("{every 2: [a]}", 4), Catch::Contains("no entry for layer 0"));
}

TEST_CASE_METHOD(Depth, "heads are shared out by number, by share, and what is left") {
  const auto heads = [](const HeadGroups& all) {
    std::vector<std::string> text;
    for (const HeadGroup& group : all.list())
      text.push_back(fmt::format("{} {}+{} keys {}+{}", group.name, group.first_head, group.stack.shape().heads,
                                 group.first_key_head, group.stack.shape().key_heads));
    return text;
  };
  using Text = std::vector<std::string>;
  CHECK(heads(groups("{groups: {near: {heads: 0.5, stack: [alibi]}, far: {stack: []}}}")) ==
        Text{"near 0+2 keys 0+1", "far 2+2 keys 1+1"});
  CHECK(heads(groups("{groups: {near: [rope], far: {heads: 2}}}")) == Text{"near 0+2 keys 0+1", "far 2+2 keys 1+1"});
  CHECK(heads(groups("{layers: {rest: {groups: {all: {heads: 4, stack: [rope]}}}}}")) == Text{"all 0+4 keys 0+2"});
  CHECK_THAT(refusal("{groups: {a: {heads: 1, stack: []}, b: []}}"), Catch::Contains("cuts through heads that share"));
  CHECK_THAT(refusal("{groups: {a: {heads: 2}, b: {heads: 4}}}"), Catch::Contains("take 6 heads, but the layer has 4"));
  CHECK_THAT(refusal("{groups: {a: {heads: 4}, b: []}}"), Catch::Contains("leave none for the last"));
  CHECK_THAT(refusal("{groups: {a: [], b: []}}"), Catch::Contains("one group of heads may leave `heads` open"));
  CHECK_THAT(refusal("{groups: {a: {heads: 1.5}, b: []}}"), Catch::Contains("a number of heads or a share"));
  CHECK_THAT(refusal("{groups: {a: {head: 2}, b: []}}"), Catch::Contains("did you mean 'heads'?"));
  CHECK_THAT(refusal("{groups: {a: []}, stack: []}"), Catch::Contains("give one of stack"));
}

TEST_CASE_METHOD(Depth, "groups of heads are attention over slices of heads, with memory too") {
  const at::NoGradGuard off;
  const laws::Content c(laws::law_shape());
  const HeadGroups two = groups("{groups: {near: {heads: 2, stack: [rope, {window: {size: 5}}]}, far: [alibi]}}");
  const Tensor got = two.attend(c.q, c.k, c.v, c.hidden, {}, false, nullptr);
  const Shape half = laws::law_shape(2, 1);
  for (const auto& [first, yaml] :
       {std::pair<int64_t, std::string>{0, "[rope, {window: {size: 5}}]"}, {1, "[alibi]"}}) {
    const Stack stack = laws::make_stack(yaml, half);
    Tensor v = c.v.narrow(1, first, 1);
    const ScorePlan plan = stack.plan(c.q.narrow(1, 2 * first, 2), c.k.narrow(1, first, 1), v, c.hidden, {}, false);
    CHECK(laws::largest(got.narrow(1, 2 * first, 2) - attend(plan, v)) < 1e-12);
  }
  Memory memory;
  std::vector<Tensor> steps;
  for (int64_t t = 0; t < laws::kLawTokens; t += 6)
    steps.push_back(two.attend(c.q.narrow(2, t, 6), c.k.narrow(2, t, 6), c.v.narrow(2, t, 6), c.hidden.narrow(1, t, 6),
                               {}, false, &memory));
  CHECK(laws::largest(at::cat(steps, 2) - got) < 1e-12);
}

TEST_CASE_METHOD(Depth, "forward and backward heads see each other's halves, and together everything") {
  // Forward-backward attention: half of the heads look back, half ahead; the diagonal belongs to both.
  const HeadGroups both = groups("{groups: {back: {heads: 0.5, stack: [rope]}, ahead: {stack: [rope, order]}}}");
  Tensor seen = at::zeros({laws::kLawTokens, laws::kLawTokens}, at::kLong);
  for (const HeadGroup& group : both.list())
    seen +=
        group.stack.layout(laws::kLawTokens, {}, false).visible.mask(0, laws::kLawTokens, 0, laws::kLawTokens)[0][0];
  CHECK(at::equal(seen, 1 + at::eye(laws::kLawTokens, at::kLong)));
  CHECK_THROWS_WITH(model("{groups: {back: {heads: 0.5, stack: [rope]}, ahead: {stack: [rope, order]}}}"),
                    Catch::Contains("lets queries see the tokens they are to predict"));
}

TEST_CASE_METHOD(Depth, "a variant adds to the trained stack, replaces by name, and takes out, on the same weights") {
  const at::NoGradGuard off;
  const std::string trained_as = "{stack: [rope, qk_bias, {log_n: {floor: 0}}]}";
  auto trained = model(trained_as);
  for (const auto& item : trained->named_parameters())
    if (item.key().find("qk_bias") != std::string::npos) item.value().fill_(0.5);
  const auto close = [](const Tensor& a, const Tensor& b) { return laws::largest(a - b) < 1e-12; };
  const auto as = [&](const std::string& encoding) {  // the same weights in a model written out
    auto written = model(encoding);
    auto ours = trained->named_parameters(), theirs = written->named_parameters();
    for (const auto& item : theirs) item.value().copy_(ours[item.key()]);
    return written->logits({.tokens = tokens()});
  };
  const auto variant = [&](const char* text) { return under(*trained, trained_as, text); };
  CHECK(close(variant("[]"), trained->logits({.tokens = tokens()})));
  CHECK(close(variant("[{rerope: {window: 5}}]"),
              as("{stack: [rope, qk_bias, {log_n: {floor: 0}}, {rerope: {window: 5}}]}")));
  CHECK(close(variant("[{rope: {base: 500, replace: true}}]"),
              as("{stack: [{rope: {base: 500}}, qk_bias, {log_n: {floor: 0}}]}")));
  CHECK(close(variant("[~log_n]"), as("{stack: [rope, qk_bias]}")));
  CHECK(close(variant("[~qk_bias]"), as("{stack: [rope, {log_n: {floor: 0}}]}")));  // weights loaded, and unused
  CHECK(close(variant("[~rope, ~qk_bias, ~log_n]"), as("{stack: []}")));            // DroPE's surgery
  CHECK(close(variant("{layers: {last: [{window: {size: 3}}], rest: []}}"),
              as("{layers: {last: [rope, qk_bias, {log_n: {floor: 0}}, {window: {size: 3}}], rest: [rope, qk_bias, "
                 "{log_n: {floor: 0}}]}}")));
  CHECK_FALSE(close(variant("[~rope]"), variant("[]")));
}

TEST_CASE_METHOD(Depth, "a variant that the trained weights cannot serve is refused") {
  const char* trained = "{stack: [rope, qk_bias]}";
  CHECK_THAT(refusal(trained, "[kerple]"), Catch::Contains("which these weights lack"));
  CHECK_THAT(refusal(trained, "[rope]"),
             Catch::Contains("already acts in this stack") && Catch::Contains("replace: true"));
  CHECK_THAT(refusal(trained, "[{qk_bias: {key: false, replace: true}}]"), Catch::Contains("which these weights lack"));
  CHECK_THAT(refusal(trained, "[~alibi]"), Catch::Contains("has no 'alibi' to take out"));
  CHECK_THAT(refusal(trained, "[{alibi: {replace: true}}]"), Catch::Contains("has no 'alibi' to replace"));
  CHECK_THAT(refusal(trained, "[~ropee]"), Catch::Contains("did you mean 'rope'?"));
  CHECK_THAT(refusal(trained, "{groups: {near: [pi]}}"), Catch::Contains("the encoding has none"));
  CHECK_THAT(refusal("{groups: {near: {heads: 2, stack: [rope]}, far: [rope]}}", "{groups: {naer: [pi]}}"),
             Catch::Contains("did you mean 'near'?"));
  CHECK(refusal("{groups: {near: {heads: 2, stack: [rope]}, far: [rope]}}", "{groups: {near: [pi]}}") == "accepted");
  CHECK(refusal("{stack: [rope, {window: {size: 3}}]}", "[window]") == "accepted");  // the nearer one holds
}

TEST_CASE_METHOD(Depth, "combinations without a meaning are refused with the reason") {
  CHECK_THAT(refusal("{stack: [rope, fire, streaming]}"),
             Catch::Contains("'fire' looks at where a query stands in the text"));
  CHECK_THAT(refusal("{stack: [fire, chunked]}"), Catch::Contains("which 'chunked' does not keep"));
  CHECK_THAT(refusal("{stack: [{randomized: {law: float}}, t5_bias]}"), Catch::Contains("one entry a whole position"));
  CHECK_THAT(refusal("{stack: [rope, t5_bias, {rerope: {interval: 0.5}}]}"), Catch::Contains("positions in between"));
  CHECK_THAT(refusal("{stack: [rope, xpos, {order: {sees: all}}]}"), Catch::Contains("'order' shows keys behind it"));
  CHECK_THAT(refusal("{stack: [rope, rope_tie, alibi]}"), Catch::Contains("on the grid of 'rope_tie' they have two"));
  CHECK_THAT(refusal("{stack: [rope, dape, alibi]}"), Catch::Contains("put one (alibi, kerple, fire) before it"));
  CHECK_THAT(refusal("{stack: [rerope, randomized, rope]}"), Catch::Contains("must come before 'rerope'"));
}

TEST_CASE_METHOD(Depth, "a modifier that nothing reads is refused, not ignored") {
  const auto error = [](const char* encoding) -> std::string {
    try {
      model(encoding);
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  };
  CHECK_THAT(error("{stack: [rerope]}"), Catch::Contains("nothing in its stack reads positions"));
  CHECK_THAT(error("{stack: [sinusoidal, rerope]}"), Catch::Contains("nothing in its stack reads positions"));
  CHECK_THAT(error("{layers: {last: [sinusoidal], rest: [rope]}}"), Catch::Contains("belongs into the first layer's"));
  CHECK_THAT(error("{groups: {a: {heads: 2, stack: [sinusoidal]}, b: []}}"), Catch::Contains("give them no group"));
  CHECK(error("{stack: [alibi, rerope]}") == "accepted");
  CHECK(error("{layers: {first: [sinusoidal], rest: []}}") == "accepted");
}

TEST_CASE_METHOD(Depth, "parameters of groups are named by group and modifier") {
  const auto built = model("{groups: {near: {heads: 2, stack: [kerple]}, far: [{alibi: {learned: true}}]}}");
  const auto names = built->named_parameters().keys();
  for (const char* name : {"layers.1.mixer.stack.near.kerple.scale", "layers.0.mixer.stack.far.alibi.slope"})
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
}

TEST_CASE_METHOD(Depth, "random positions are the same in every layer, and new at every step of training") {
  const auto built = model("{stack: [{randomized: {max: 100}}, rope]}");
  built->train();
  const at::NoGradGuard off;
  const Tensor text = tokens();
  at::manual_seed(1);
  const Tensor a = built->logits({.tokens = text}), b = built->logits({.tokens = text});
  at::manual_seed(1);
  const Tensor again = built->logits({.tokens = text});
  CHECK(at::equal(a, again));
  CHECK(laws::largest(a - b) > 1e-9);
  built->eval();
  CHECK(at::equal(built->logits({.tokens = text}), built->logits({.tokens = text})));
}
