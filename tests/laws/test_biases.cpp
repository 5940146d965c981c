// Published vectors, identities and traps of biases, gates, sinks and corrections of logits.
#include "attention/attend.h"
#include "base/error.h"
#include "base/files.h"
#include "catch.h"
#include "encoding/t5_buckets.h"
#include "laws/subjects.h"

using namespace lx;

namespace {

struct BiasLaw {
  static constexpr int64_t kTokens = 20;
  const at::NoGradGuard off;

  static Shape shape(int64_t heads = 4) {
    return {.heads = heads, .key_heads = heads, .head_dim = 6, .width = 10, .trained_length = 8, .random = Random(2)};
  }

  /// A stack in float64 with the named parameters of its modifiers set, each to the numbers given.
  using Values = std::map<std::string, std::vector<double>>;
  static Stack stack(const std::string& yaml, const Values& values = {}, int64_t heads = 4) {
    Stack made = laws::make_stack(yaml, shape(heads));
    make_exact(made);
    for (const Stack::Item& item : made.items()) {
      for (const Parameter& p : item.modifier->parameters()) {
        const auto found = values.find(p.name);
        if (found != values.end()) p.tensor.copy_(at::tensor(found->second, at::kDouble).view(p.tensor.sizes()));
      }
    }
    return made;
  }

  static Tensor parameter(const Stack& stack, const std::string& name) {
    for (const Stack::Item& item : stack.items())
      for (const Parameter& p : item.modifier->parameters())
        if (p.name == name) return p.tensor;
    FAIL("no parameter " << name);
    return {};
  }

  static Tensor weights(const Stack& stack, const laws::Content& content) {
    return attention_weights(laws::plan_of(stack, content, {}, false), 0, content.q.size(2));
  }

  static double difference(const Stack& a, const Stack& b) {
    const laws::Content content(a.shape(), kTokens);
    return laws::largest(weights(a, content) - weights(b, content));
  }

  /// What the first modifier adds at a distance, head by head.
  static std::vector<double> at_distance(const Stack& stack, double distance) {
    const Tensor bias = stack.items()[0].modifier->bias(at::tensor({distance}, at::kDouble), {.shape = stack.shape()});
    return numbers(bias);
  }

  static std::vector<double> negated(std::vector<double> values) {
    for (double& value : values) value = -value;
    return values;
  }

  static Tensor positions(int64_t tokens) { return at::arange(tokens, at::kDouble); }

  static Tensor causal(const Tensor& logits) {
    const int64_t tokens = logits.size(-1);
    const Tensor ahead = positions(tokens).unsqueeze(1) < positions(tokens);
    return at::softmax(logits.masked_fill(ahead, -INFINITY), -1);
  }

  static Tensor products(const laws::Content& c) {
    return at::matmul(c.q, c.k.transpose(-1, -2)) / std::sqrt(static_cast<double>(c.q.size(-1)));
  }

  /// First distance of each bucket.
  static std::vector<int64_t> starts(const T5Buckets& buckets, int64_t from_bucket) {
    std::vector<int64_t> all;
    for (int64_t d = 0; d < 1000; ++d)
      if (buckets.of(d) >= from_bucket + static_cast<int64_t>(all.size())) all.push_back(d);
    return all;
  }

  static std::string error(const std::string& yaml) {
    try {
      stack(yaml);
    } catch (const Error& e) {
      CHECK(std::string(e.what()).find('\n') == std::string::npos);
      return e.what();
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE_METHOD(BiasLaw, "ALiBi has the published slopes for 8 and for 12 heads") {
  const auto eight = at_distance(stack("[alibi]", {}, 8), 1), twelve = at_distance(stack("[alibi]", {}, 12), 1);
  for (size_t h = 0; h < 8; ++h) {
    CHECK(eight[h] == -std::exp2(-1.0 - static_cast<double>(h)));
    CHECK(twelve[h] == eight[h]);
  }
  for (size_t h = 0; h < 4; ++h) CHECK(twelve[8 + h] == Approx(-std::exp2(-0.5 - static_cast<double>(h))));
  CHECK(twelve[8] == Approx(-0.7071).epsilon(1e-4));
  CHECK(at_distance(stack("[{alibi: {slopes: linear}}]"), 6) == std::vector<double>{-6, -3, -2, -1.5});
  CHECK(at_distance(stack("[{alibi: {slopes: exponential}}]"), 8) == std::vector<double>{-8, -4, -2, -1});
  CHECK(at_distance(stack("[{alibi: {ahead: 0.5}}]", {}, 1), -2)[0] ==
        Approx(at_distance(stack("[alibi]", {}, 1), 2.5)[0]));
}

TEST_CASE_METHOD(BiasLaw, "ALiBi written as +m j is the same under a softmax and another thing with a sink") {
  const Stack alibi = stack("[alibi]"), with_sink = stack("[alibi, {sink: {learned: false}}]");
  const laws::Content c(alibi.shape(), kTokens);
  const Tensor slopes = at::tensor(negated(at_distance(alibi, 1)), at::kDouble).view({1, -1, 1, 1});
  const Tensor logits = products(c) + slopes * positions(kTokens);
  CHECK(laws::largest(weights(alibi, c) - causal(logits)) < 1e-12);
  const Tensor ahead = positions(kTokens).unsqueeze(1) < positions(kTokens);
  const Tensor raised = at::exp(logits).masked_fill(ahead, 0);
  CHECK(laws::largest(weights(with_sink, c) - raised / (1 + raised.sum(-1, true))) > 0.01);
}

TEST_CASE("T5's buckets start where the paper's do") {
  CHECK(BiasLaw::starts({}, 0) == std::vector<int64_t>{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                       11, 12, 13, 14, 15, 16, 19, 21, 24, 27, 31,
                                                       35, 40, 46, 52, 59, 67, 77, 87, 99, 113});
  const T5Buckets both{.bidirectional = true};
  CHECK(BiasLaw::starts(both, 8) == std::vector<int64_t>{8, 12, 16, 23, 32, 46, 64, 91});
  for (const int64_t d : {1, 7, 8, 40, 500}) CHECK(both.of(-d) == both.of(d) + 16);
  CHECK(both.of(0) == 0);
  CHECK(T5Buckets{}.of(-3) == 0);
}

TEST_CASE_METHOD(BiasLaw, "a T5 table that is linear is ALiBi while each distance has a bucket") {
  std::vector<double> table;
  const auto slopes = at_distance(stack("[alibi]"), 1);
  for (int64_t bucket = 0; bucket < 32; ++bucket)
    for (const double slope : slopes) table.push_back(slope * static_cast<double>(bucket));
  const Stack t5 = stack("[t5_bias]", {{"table", table}}), alibi = stack("[alibi]");
  const laws::Content brief(t5.shape(), 17), longer(t5.shape(), 24);  // distance 16 is the first of its bucket
  CHECK(laws::largest(weights(t5, brief) - weights(alibi, brief)) < 1e-12);
  CHECK(laws::largest(weights(t5, longer) - weights(alibi, longer)) > 1e-3);
}

TEST_CASE_METHOD(BiasLaw, "KERPLE's power kernel with exponent 1 is ALiBi with learned slopes") {
  const std::vector<double> slopes{0.9, 0.5, 0.1, 0.02};
  CHECK(difference(stack("[{kerple: {kind: power}}]", {{"scale", slopes}, {"exponent", {1, 1, 1, 1}}}),
                   stack("[{alibi: {learned: true}}]", {{"slope", slopes}})) < 1e-12);
}

TEST_CASE_METHOD(BiasLaw, "KERPLE reads its parameters clamped, and leaves them as they are") {
  const auto power = [](double scale, double exponent) {
    return stack("[{kerple: {kind: power}}]", {{"scale", {scale}}, {"exponent", {exponent}}}, 1);
  };
  CHECK(at_distance(power(1, 5), 3)[0] == Approx(-9));
  CHECK(at_distance(power(1, -5), 3)[0] == Approx(-std::pow(3, 0.01)));
  CHECK(at_distance(power(-4, 1), 3)[0] == Approx(-0.03));
  const Stack log = stack("[kerple]", {{"scale", {1}}, {"rate", {-7}}}, 1);
  CHECK(at_distance(log, 100)[0] == Approx(-std::log(2)));
  CHECK(parameter(log, "rate").item<double>() == -7);
  CHECK(at_distance(stack("[kerple]", {{"scale", {50}}, {"rate", {30}}}, 1), 2)[0] == Approx(-50 * std::log(61)));
}

TEST_CASE_METHOD(BiasLaw, "Cable is FoX with its gates' weights negated") {
  const Stack fox = stack("[forget]"), cable = stack("[{forget: {gate: softplus}}]");
  parameter(fox, "bias").copy_(at::tensor({0.3, -1.0, 2.0, 0.1}, at::kDouble));
  for (const char* name : {"weight", "bias"}) parameter(cable, name).copy_(-parameter(fox, name));
  CHECK(difference(fox, cable) < 1e-12);
  CHECK(difference(fox, stack("[{forget: {gate: softplus}}]", {{"bias", {0.3, -1, 2, 0.1}}})) > 1e-3);
}

TEST_CASE_METHOD(BiasLaw, "FoX with a gate a head is a learned ALiBi, and times from 2 to 256 are ALiBi's slopes") {
  const std::vector<double> b{0.5, 1, 2, 4};
  std::vector<double> slopes;
  for (const double value : b) slopes.push_back(std::log1p(std::exp(-value)));
  CHECK(difference(stack("[{forget: {kind: bias}}]", {{"bias", b}}),
                   stack("[{alibi: {learned: true}}]", {{"slope", slopes}})) < 1e-12);
  for (const char* kind : {"fixed", "bias"}) {
    const std::string forget = fmt::format("[{{forget: {{kind: {}, fastest: 2, slowest: 256}}}}]", kind);
    CHECK(difference(stack(forget, {}, 8), stack("[alibi]", {}, 8)) < 1e-6);  // parameters start in float32
  }
}

TEST_CASE_METHOD(BiasLaw, "Sandwich in the scaled form is sinusoids concatenated to queries and keys") {
  const Stack sandwich = stack("[{sandwich: {width: 12, per_head: false, scale: 0.7}}]");
  const laws::Content c(sandwich.shape(), kTokens);
  const Tensor angle = positions(kTokens).unsqueeze(1) * at::pow(10000, at::arange(6, at::kDouble) / -6.0);
  const Tensor p = at::cat({at::sin(angle), at::cos(angle)}, -1).expand({2, 4, kTokens, 12}) * std::sqrt(0.7);
  const Tensor q = at::cat({c.q / std::sqrt(6.0), p}, -1), k = at::cat({c.k, p}, -1);
  CHECK(laws::largest(weights(sandwich, c) - causal(at::matmul(q, k.transpose(-1, -2)))) < 1e-12);
  // The ratio divides: at distance 0 the first of 4 heads has 64 / 2, the last 64 / 8.
  CHECK(at_distance(stack("[sandwich]"), 0)[0] == Approx(32));
  CHECK(at_distance(stack("[sandwich]"), 0)[3] == Approx(8));
}

TEST_CASE_METHOD(BiasLaw, "FIRE depends on where the query stands, not on the distance alone") {
  const Stack fire = stack("[fire]");
  laws::Content c(fire.shape(), kTokens);
  c.q.zero_();
  const Tensor bias = at::log(weights(fire, c));  // up to a constant of the row
  const auto step = [&](int64_t i) { return (bias[0][0][i][i] - bias[0][0][i][i - 3]).item<double>(); };
  CHECK(std::abs(step(19) - step(12)) > 1e-5);
  CHECK(step(4) == Approx(step(7)));  // before the threshold, N = 8, all places are one
}

TEST_CASE_METHOD(BiasLaw, "the squared ReLU divides by the keys a query sees, and keys take nothing from each other") {
  const laws::Content c(shape(4), kTokens);
  const Tensor hidden = positions(kTokens).unsqueeze(1) < positions(kTokens);
  const Tensor seen = (positions(kTokens) + 1).unsqueeze(1);
  const Tensor plain = at::relu(products(c)).square().masked_fill(hidden, 0);
  CHECK(laws::largest(weights(stack("[relu_squared]"), c) - plain / seen) < 1e-12);
  const Tensor windowed = weights(stack("[{window: {size: 5}}, relu_squared]"), c);
  const Tensor far = positions(kTokens).unsqueeze(1) - positions(kTokens) >= 5;
  CHECK(laws::largest(windowed - plain.masked_fill(far, 0) / seen.clamp_max(5)) < 1e-12);
  CHECK_THROWS_WITH(stack("[relu_squared, sink]"), Catch::Contains("'sink' takes weight that other keys would get"));
  CHECK_THROWS_WITH(stack("[entmax, relu_squared]"), Catch::Contains("both say how logits become weights"));
}

TEST_CASE_METHOD(BiasLaw, "a sink far below is no sink, and the off-by-one softmax is exact on large logits") {
  CHECK(difference(stack("[rope, {sink: {value: -1e9}}]"), stack("[rope]")) == 0);
  const Stack off_by_one = stack("[{sink: {learned: false}}]");
  for (const double size : {1.0, 300.0, 3000.0}) {
    laws::Content c(off_by_one.shape(), kTokens);
    c.q.mul_(size);
    const Tensor logits = products(c).masked_fill(positions(kTokens).unsqueeze(1) < positions(kTokens), -INFINITY);
    const Tensor most = logits.amax(-1, true).clamp_min(0);
    const Tensor raised = at::exp(logits - most);
    const Tensor got = weights(off_by_one, c);
    CHECK(laws::largest(got - raised / (at::exp(-most) + raised.sum(-1, true))) < 1e-12);
    const Tensor wrong = raised / (1 + raised.sum(-1, true));  // the largest subtracted and 1 still added
    CHECK(laws::largest(got - wrong) > 0.05);
  }
}

TEST_CASE_METHOD(BiasLaw, "the gate of a key that CoPE's query does not see counts nothing") {
  // Keys 2..14 are hidden from the last query and stand between it and the first two: to it they are not there.
  const Stack whole = stack("[cope]"), windowed = stack("[{window: {size: 5, sinks: 2}}, cope]");
  const Tensor table = at::randn(parameter(whole, "table").sizes(), at::kDouble);
  for (const Stack* one : {&whole, &windowed}) parameter(*one, "table").copy_(table);
  const laws::Content c(whole.shape(), kTokens);
  laws::Content seen = c;
  const Tensor kept = at::tensor({0, 1, 15, 16, 17, 18, 19}, at::kLong);
  for (Tensor* x : {&seen.q, &seen.k, &seen.v}) *x = x->index_select(2, kept);
  const Tensor want = weights(whole, seen).select(2, 6), got = weights(windowed, c).select(2, kTokens - 1);
  CHECK(laws::largest(got.index_select(-1, kept) - want) < 1e-12);
}

TEST_CASE_METHOD(BiasLaw, "CoPE that counts every key is a table of distances") {
  // Large products open every gate: the position of distance d is d + 1.
  const Stack cope = stack("[cope]");
  laws::Content c(cope.shape(), 9);
  c.q.fill_(1);
  c.k.fill_(1000);
  parameter(cope, "table").select(1, 0).copy_(at::arange(64, at::kDouble) * -0.3);
  CHECK(laws::largest(weights(cope, c) -
                      causal((positions(9).unsqueeze(1) - positions(9)) * -0.3).expand({2, 4, 9, 9})) < 1e-9);
}

TEST_CASE_METHOD(BiasLaw, "a row under DAPE v2 is the same in a longer text") {
  const Stack dape = stack("[alibi, {dape: {kernel: 3}}]");
  const laws::Content c(dape.shape(), kTokens);
  laws::Content brief = c;
  for (Tensor* x : {&brief.q, &brief.k, &brief.v}) *x = x->narrow(2, 0, 7);
  CHECK(laws::largest(weights(dape, c).narrow(2, 0, 7).narrow(3, 0, 7) - weights(dape, brief)) < 1e-12);
}

TEST_CASE_METHOD(BiasLaw, "biases agree in float32 and float64") {
  for (const laws::LawSubject& subject : laws::law_subjects()) {
    const Questions questions = modifiers().get(subject.name).questions;
    if (!questions.adds() && !questions.dense()) continue;
    INFO(subject.yaml);
    const Stack single = laws::make_stack(subject.yaml, shape());
    const Stack twice = stack(subject.yaml);
    const laws::Content c(twice.shape(), kTokens);
    laws::Content rounded = c;
    for (Tensor* x : {&rounded.q, &rounded.k, &rounded.v, &rounded.hidden}) *x = x->to(at::kFloat);
    const Tensor got = attend(laws::plan_of(single, rounded, {}, false), rounded.v);
    CHECK(got.scalar_type() == at::kFloat);
    CHECK(laws::largest(got.to(at::kDouble) - attend(laws::plan_of(twice, c, {}, false), c.v)) < 1e-4);
  }
}

TEST_CASE_METHOD(BiasLaw, "settings of biases that contradict each other are refused in one sentence") {
  using Catch::Contains;
  CHECK_THAT(error("[{t5_bias: {buckets: 7, bidirectional: true}}]"), Contains("even number") && Contains("7"));
  CHECK_THAT(error("[{t5_bias: {max_distance: 16}}]"), Contains("must exceed the 16 distances"));
  CHECK_THAT(error("[{sandwich: {width: 5}}]"), Contains("must be even, got 5"));
  CHECK_THAT(error("[alibi, {dape: {kernel: 2}}]"), Contains("must be odd, got 2"));
  CHECK_THAT(error("[dape]"), Contains("put one (alibi, kerple, fire) before it"));
  CHECK_THAT(error("[{forget: {slowest: 9}}]"), Contains("belong to the kinds bias and fixed"));
  CHECK_THAT(error("[{forget: {kind: fixed, gate: softplus}}]"), Contains("leave `gate: softplus` out"));
  CHECK_THAT(error("[{forget: {kind: bias, fastest: 9, slowest: 3}}]"), Contains("slowest (3)"));
  const Stack forget = stack("[forget]");
  laws::Content c(forget.shape(), kTokens);
  c.hidden = Tensor();
  CHECK_THROWS_WITH(laws::plan_of(forget, c, {}, false), Contains("no text is read"));
}

TEST_CASE("the methods made of biases name themselves and their source") {
  for (const char* name :
       {"alibi",       "alibi_learned", "t5_bias",       "kerple_log",         "kerple_power", "sandwich", "cpb_log",
        "cpb_linear",  "fire",          "fox",           "fox_bias",           "cable",        "cope",     "dape_alibi",
        "dape_kerple", "dape_fire",     "dapev2_kerple", "softmax_off_by_one", "learned_sink", "nape"}) {
    INFO(name);
    const std::string text = read_file(fmt::format("configs/encoding/{}.yaml", name));
    const size_t second = text.find('\n') + 1;
    CHECK(text.starts_with("# "));
    CHECK(text.substr(second, 10) == "# Source: ");
  }
}
