// Probes: what the watch is shown, and what is told of heads whose attention is known.
#include "attention/watch.h"
#include "catch.h"
#include "config/yaml.h"
#include "eval/probe.h"
#include "model/head_groups.h"
#include "stub.h"

#include <cmath>

namespace lx {
namespace {

// One layer of two heads: the first looks at all tokens before it alike, the second at itself alone.
struct TwoHeads : Model {
  HeadGroups groups;
  int64_t reads = kAll;
  TwoHeads() {
    const Shape shape{.heads = 2, .key_heads = 2, .head_dim = 64, .width = 2, .trained_length = 4};
    groups = HeadGroups({HeadGroup{"", 0, 0, Stack(shape, {})}});
  }
  Tensor hidden(const Batch& batch, Memories*) override {
    const int64_t length = batch.tokens.size(1);
    Given given;
    given.watch = watch_;
    const Tensor own = at::eye(64).narrow(0, 0, length) * 100;
    const Tensor q = at::stack({at::zeros({length, 64}), own}).unsqueeze(0);
    const Tensor all = q.expand({batch.tokens.size(0), 2, length, 64});
    (void)groups.attend(all, all, all, Tensor(), given, false, nullptr);
    return at::zeros({batch.tokens.size(0), length, 5});
  }
  Tensor readout(const Tensor& states) override { return states; }
  int64_t vocabulary() const override { return 5; }
  int64_t longest_text() const override { return reads; }
  std::vector<PlacedGroups> head_groups() const override { return {{"layer 0", &groups}}; }
};

EvalConfig probing(ProbeConfig probe) {
  EvalConfig config;
  config.lengths = {4, 16};
  config.variants.map()["one"] = config::Node(config::List());
  config.variants.map()["two"] = config::Node(config::List());
  config.probe = std::move(probe);
  return config;
}

Subject two_heads(const config::Node&) { return std::shared_ptr<Model>(std::make_shared<TwoHeads>()); }

struct Recorder : AttentionWatch {
  std::vector<WatchedPlace> seen;
  Tensor weights;
  void see(const WatchedPlace& where, const ScorePlan& plan) override {
    seen.push_back(where);
    weights = attention_weights(plan, 0, plan.views.front().q.size(2));
  }
};

template <class Action>
std::string refusal_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("heads of known attention are measured as they are, at every length and for every variant") {
  const EvalResult result = evaluate(probing({.windows = 2, .rows = 3, .matrix = 8}), StubTask(), 4, two_heads);
  REQUIRE(result.probe.has_value());
  const AttentionProbe& probe = *result.probe;
  CHECK(probe.variants == std::vector<std::string>{"one", "two"});
  CHECK(probe.lengths == std::vector<int64_t>{4, 16});
  CHECK(probe.layers == std::vector<std::string>{"layer 0"});
  CHECK(probe.heads == std::vector<int64_t>{0, 1});
  CHECK(probe.windows == 2);
  REQUIRE(probe.cells.size() == 2 * 2 * 2);
  for (size_t variant = 0; variant < 2; ++variant) {
    const ProbeCell &spread = probe.cells[probe.index(variant, 1, 0, 0)],
                    &own = probe.cells[probe.index(variant, 1, 0, 1)];
    CHECK(spread.entropy == Approx((std::log(14) + std::log(15) + std::log(16)) / 3));
    CHECK(spread.entropy_share == Approx(1));
    CHECK(spread.sparsity == Approx(1));
    CHECK(spread.sink == Approx((4 / 14.0 + 4 / 15.0 + 4 / 16.0) / 3));
    CHECK(spread.distance == Approx((13 + 14 + 15) / 6.0));
    CHECK(spread.unspent == Approx(0).margin(1e-6));
    // The last 8 queries against the last 8 keys: 1/9 .. 1/16 on the diagonal.
    CHECK(spread.log_det == Approx(std::lgamma(9.0) - std::lgamma(17.0)));
    CHECK(spread.numerical_rank == 8);
    CHECK(own.entropy == Approx(0).margin(1e-6));
    CHECK(own.effective_rank == Approx(8));
    CHECK(own.log_det == Approx(0).margin(1e-6));
    CHECK(own.distance == Approx(0).margin(1e-6));
  }
  // At length 4 all of the matrix is measured: 1 1/2 1/3 1/4 on the diagonal.
  CHECK(probe.cells[probe.index(0, 0, 0, 0)].log_det == Approx(-std::log(24)));
}

TEST_CASE("what is not asked for is not looked at, and what cannot be read is unknown") {
  int steps = 0;
  EvalStep last;
  const EvalResult result = evaluate(
      probing({.heads = std::vector<int64_t>{1},
               .windows = 3,
               .lengths = std::vector<int64_t>{16},
               .variants = std::vector<std::string>{"two"}}),
      StubTask(), 4,
      [](const config::Node&) -> Subject {
        const auto model = std::make_shared<TwoHeads>();
        model->reads = 8;
        return std::shared_ptr<Model>(model);
      },
      [&](const EvalStep& step) {
        ++steps;
        last = step;
      });
  CHECK(result.probe->variants == std::vector<std::string>{"two"});
  CHECK(result.probe->lengths == std::vector<int64_t>{16});
  CHECK(result.probe->cells.empty());
  CHECK(last.done == last.total);
  const EvalResult one = evaluate(probing({.heads = std::vector<int64_t>{1}, .windows = 1}), StubTask(), 4, two_heads);
  CHECK(one.probe->heads == std::vector<int64_t>{1});
  CHECK(one.probe->cells.size() == 2 * 2);
  CHECK(one.probe->cells.front().effective_rank == Approx(4));
  EvalConfig without = probing({});
  without.probe.reset();
  CHECK_FALSE(evaluate(without, StubTask(), 4, two_heads).probe.has_value());
}

TEST_CASE("probes of what is not there are refused") {
  const auto refusal = [](ProbeConfig probe) { return refusal_of([&] { check(probing(std::move(probe)), 4); }); };
  CHECK(refusal({}).empty());
  CHECK_THAT(refusal({.lengths = std::vector<int64_t>{8}}), Catch::Contains("eval.probe.lengths names 8"));
  CHECK_THAT(refusal({.variants = std::vector<std::string>{"three"}}),
             Catch::Contains("eval.probe.variants names three"));
  CHECK_THAT(refusal({.layers = std::vector<int64_t>{}}), Catch::Contains("eval.probe.layers is empty"));
  CHECK_THAT(refusal({.heads = std::vector<int64_t>{1, 1}}), Catch::Contains("eval.probe.heads names 1 twice"));
  const TwoHeads model;
  const auto missing = [&](ProbeConfig probe) { return refusal_of([&] { check_probe(probe, model); }); };
  CHECK(missing({}).empty());
  CHECK_THAT(missing({.layers = std::vector<int64_t>{1}}), Catch::Contains("the model's layers are 0"));
  CHECK_THAT(missing({.heads = std::vector<int64_t>{2}}), Catch::Contains("the model's heads are 0, 1"));
  const PositionModel blind(5);
  CHECK_THAT(refusal_of([&] { check_probe(ProbeConfig(), blind); }), Catch::Contains("this model has none"));
}

TEST_CASE("a model shows each group of heads of each layer, and reads as if nobody looked") {
  const char* const layers = "{width: 16, layers: 2, mixer: {name: attention, heads: 4}}";
  const char* const stacks =
      "groups: {near: {heads: 1, stack: [rope, {window: {size: 3}}]}, far: {heads: 3, stack: [rope]}}";
  const auto model = build_model(config::parse_yaml(layers, "model"), config::parse_yaml(stacks, "encoding"), {},
                                 {.vocabulary = 5, .trained_length = 8}, Random(2));
  model->eval();
  const at::NoGradGuard no_grad;
  Batch batch;
  batch.tokens = at::arange(12).remainder(5).unsqueeze(0);
  const Tensor before = model->hidden(batch);
  Recorder recorder;
  model->show_attention_to(&recorder);
  const Tensor watched = model->hidden(batch);
  model->show_attention_to(nullptr);
  CHECK(at::equal(before, watched));
  REQUIRE(recorder.seen.size() == 4);
  (void)model->hidden(batch);
  CHECK(recorder.seen.size() == 4);
  std::vector<std::string> places, groups;
  std::vector<int64_t> first;
  for (const WatchedPlace& where : recorder.seen) {
    places.push_back(where.place);
    groups.push_back(where.group);
    first.push_back(where.first_head);
  }
  CHECK(places == std::vector<std::string>{"layer 0", "layer 0", "layer 1", "layer 1"});
  CHECK(groups == std::vector<std::string>{"near", "far", "near", "far"});
  CHECK(first == std::vector<int64_t>{0, 1, 0, 1});
  CHECK(at::allclose(recorder.weights.sum(-1), at::ones({1, 3, 12})));
  CHECK_NOTHROW(check_probe({.layers = std::vector<int64_t>{1}, .heads = std::vector<int64_t>{3}}, *model));
}

}  // namespace lx
