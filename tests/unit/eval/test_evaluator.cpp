// The evaluator on models whose losses are known: which targets, in which pieces, how they are averaged.
#include "catch.h"
#include "eval/by_document.h"
#include "eval/evaluator.h"
#include "eval/summary.h"
#include "stub.h"

#include <cmath>
#include <cstring>

namespace lx {
namespace {

constexpr int64_t kTrained = 4;

EvalConfig stub_config(std::vector<std::string> texts = {"natural"}) {
  EvalConfig config;
  config.lengths = {8, 4, 16};
  config.texts = std::move(texts);
  config.variants.map()["zebra"] = config::Node(config::List());
  config.variants.map()["ant"] = config::Node(config::List{config::Node("ant")});
  return config;
}

Tensor random_table() {
  Random random(3);
  Tensor table = at::empty({5, 5});
  for (int64_t i = 0; i < 25; ++i) table.view(-1)[i] = random.normal();
  return table;
}

// The first variant looks a table up, the second knows its position only.
Subject build_stub(const config::Node& post_hoc) {
  if (post_hoc.list().empty()) return {std::make_shared<BigramModel>(random_table()), "table"};
  return std::shared_ptr<Model>(std::make_shared<PositionModel>(5));
}

template <class Action>
std::string complaint(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool speaks_of(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("losses and hits equal those computed by hand from the table") {
  const StubTask task;
  const EvalResult result = evaluate(stub_config(), task, kTrained, build_stub);
  const TextScores& scores = result.scores.at(0);
  const Text text = task.text({.length = 16});
  const Tensor table = random_table().to(at::kDouble);
  const Tensor logs = at::log_softmax(table, -1);
  double sum = 0;
  for (int64_t w = 0; w < 6; ++w) {
    for (int64_t t = 0; t < 16; ++t) {
      const int64_t from = text.tokens[w][t].item<int64_t>(), to = text.tokens[w][t + 1].item<int64_t>();
      const double loss = -logs[from][to].item<double>();
      const bool hit = table[from].argmax().item<int64_t>() == to;
      for (size_t l = 0; l < 3; ++l) {
        const size_t at = scores.offset(0, l, w) + static_cast<size_t>(t);
        CHECK(scores.loss[at] == Approx(loss).epsilon(1e-5));
        CHECK(scores.hit[at] == hit);
      }
      sum += loss;
    }
  }
  CHECK(result.table.at(0, 0, 0).loss == Approx(sum / 96).epsilon(1e-5));
  CHECK(result.table.at(0, 0, 0).tokens == 96);
  CHECK(result.table.at(0, 0, 0).documents == 3);
  CHECK(result.table.at(0, 0, 0).perplexity == Approx(std::exp(sum / 96)).epsilon(1e-5));
  CHECK(result.table.at(0, 0, 0).bits_per_byte == Approx(sum / 96 / std::log(2.0) / 2).epsilon(1e-5));
}

TEST_CASE("each piece is read alone: a target at t stands at position t modulo the length") {
  const StubTask task;
  const EvalResult result = evaluate(stub_config(), task, kTrained, build_stub);
  const TextScores& scores = result.scores.at(0);
  const Text text = task.text({.length = 16});
  CHECK(scores.lengths == std::vector<int64_t>{4, 8, 16});
  for (size_t l = 0; l < 3; ++l) {
    for (int64_t t = 0; t < 16; ++t) {
      const auto p = static_cast<double>(t % scores.lengths[l]);
      const double expected = std::log(4 + std::exp(p)) - (text.tokens[2][t + 1].item<int64_t>() == 0 ? p : 0);
      CHECK(scores.loss[scores.offset(1, l, 2) + static_cast<size_t>(t)] ==
            Approx(expected).epsilon(1e-5).margin(1e-6));
    }
  }
}

TEST_CASE("a model without context scores the same at every length, and the change is exactly nothing") {
  const EvalResult result = evaluate(stub_config(), StubTask(), kTrained, build_stub);
  REQUIRE(result.table.texts == std::vector<std::string>{"natural", "tail"});
  CHECK(result.reference_length == kTrained);
  for (size_t text = 0; text < 2; ++text) {
    for (size_t length = 0; length < 3; ++length) {
      CHECK(result.table.at(text, 0, length).loss == Approx(result.table.at(text, 0, 0).loss).epsilon(1e-6));
      CHECK(std::abs(result.table.at(text, 0, length).change) < 1e-6);
      CHECK(result.table.at(text, 0, length).difference == 0);
    }
  }
  CHECK(result.table.at(1, 0, 2).tokens == 6 * kTrained);
}

TEST_CASE("differences and gaps are those of the two means") {
  const EvalResult result = evaluate(stub_config(), StubTask(), kTrained, build_stub);
  const EvalCell &first = result.table.at(0, 0, 2), &second = result.table.at(0, 1, 2);
  CHECK(second.difference == Approx(second.loss - first.loss));
  CHECK(second.gap == Approx(second.difference));
  CHECK(first.gap == Approx(-second.gap));
  CHECK(first.gap_se == Approx(second.gap_se));
  CHECK(second.change == Approx(second.loss - result.table.at(0, 1, 0).loss));
}

TEST_CASE("repeated text is scored once for each length, and past the period only what is read again counts") {
  const EvalResult result = evaluate(stub_config({"repeated"}), StubTask(), kTrained, build_stub);
  const TextScores& scores = result.scores.at(0);
  CHECK(scores.period == kTrained);
  CHECK_FALSE(std::isnan(scores.loss[scores.offset(0, 1, 3) + 7]));
  CHECK(std::isnan(scores.loss[scores.offset(0, 1, 3) + 8]));
  REQUIRE(result.table.texts == std::vector<std::string>{"repeated"});
  CHECK(result.table.at(0, 0, 0).tokens == 6 * 4);
  CHECK(result.table.at(0, 0, 1).tokens == 6 * (8 - 4));
  CHECK(result.table.at(0, 0, 2).tokens == 6 * (16 - 4));
  // A bigram model finds every occurrence as hard as the first.
  CHECK(result.table.at(0, 0, 2).loss == Approx(result.table.at(0, 0, 0).loss).epsilon(1e-6));
}

TEST_CASE("how many tokens go together changes no score") {
  EvalConfig config = stub_config({"natural", "repeated"});
  const EvalResult together = evaluate(config, StubTask(), kTrained, build_stub);
  config.batch_tokens = 9;  // less than the longest length, no multiple of any
  const EvalResult apart = evaluate(config, StubTask(), kTrained, build_stub);
  for (size_t text = 0; text < 2; ++text) {
    const auto &a = together.scores[text].loss, &b = apart.scores[text].loss;
    for (size_t i = 0; i < a.size(); ++i)
      CHECK((a[i] == Approx(b[i]).epsilon(1e-6) || (std::isnan(a[i]) && std::isnan(b[i]))));
    CHECK(together.scores[text].hit == apart.scores[text].hit);
  }
}

TEST_CASE("variants keep their order, are built once, and progress ends at the total") {
  int built = 0;
  EvalStep last;
  const EvalResult result = evaluate(
      stub_config({"natural", "repeated"}), StubTask(), kTrained,
      [&](const config::Node& post_hoc) {
        ++built;
        return build_stub(post_hoc);
      },
      [&](const EvalStep& step) {
        CHECK(step.done > last.done);
        last = step;
      });
  CHECK(built == 2);
  CHECK(result.table.variants == std::vector<std::string>{"zebra", "ant"});
  CHECK(result.variants.at(0).executor == "table");
  CHECK(result.variants.at(1).post_hoc == R"(["ant"])");
  CHECK(last.done == last.total);
  CHECK(last.variant == "ant");
  CHECK(last.length == 16);
}

TEST_CASE("curves hold the mean at each position of the longest length") {
  const EvalResult result = evaluate(stub_config(), StubTask(), kTrained, build_stub);
  const TextScores& scores = result.scores.at(0);
  REQUIRE(result.curves.positions == 16);
  double sum = 0;
  for (int64_t w = 0; w < 6; ++w) sum += scores.loss[scores.offset(1, 2, w) + 11];
  CHECK(result.curves.loss[1 * 16 + 11] == Approx(sum / 6).epsilon(1e-5));
  CHECK(result.curves.loss_se.size() == result.curves.accuracy.size());
}

TEST_CASE("losses that are not finite stop the evaluation with the variant, the text and the length") {
  const auto build = [](const config::Node&) -> Subject {
    return std::shared_ptr<Model>(std::make_shared<PositionModel>(5, 8));
  };
  const std::string message = complaint([&] { evaluate(stub_config(), StubTask(), kTrained, build); });
  CHECK(speaks_of(message, "variant 'zebra' gives losses that are not finite on natural text at length 8"));
}

TEST_CASE("texts longer than a model can read are left out, and said so") {
  const EvalConfig config = stub_config();
  const auto model = std::make_shared<PositionModel>(5);
  const BuildVariant build = [&](const config::Node&) -> Subject { return std::shared_ptr<Model>(model); };
  model->reads = 8;
  const EvalResult result = evaluate(config, StubTask(), kTrained, build);
  for (size_t length = 0; length < result.table.lengths.size(); ++length) {
    INFO(result.table.lengths[length]);
    CHECK(std::isnan(result.table.at(0, 0, length).loss) == (result.table.lengths[length] > model->reads));
  }
  REQUIRE(result.variants.front().notes.size() == 1);
  CHECK_THAT(result.variants.front().notes.front(), Catch::Contains("longer texts are not scored"));
  model->reads = 3;
  CHECK_THROWS_WITH(evaluate(config, StubTask(), kTrained, build),
                    Catch::Contains("the shortest of eval.lengths is 4"));
}

TEST_CASE("mistakes in the configuration are found before any model is built") {
  const auto refusal = [](auto change) {
    EvalConfig config = stub_config();
    change(config);
    return complaint([&] { check(config, kTrained); });
  };
  CHECK(refusal([](EvalConfig&) {}).empty());
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.lengths = {}; }), "eval.lengths is empty"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.lengths = {6, 16}; }), "6 does not divide the longest length 16"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.lengths = {8, 8}; }), "names 8 twice"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.lengths = {-4, 8}; }), "at least 1 token, got -4"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.texts = {}; }), "eval.texts is empty"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.texts = {"naturl"}; }), "did you mean 'natural'?"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.texts = {"natural", "natural"}; }), "names 'natural' twice"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.split = "tset"; }), "did you mean 'test'?"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.period = 3; }), "does not name 'repeated'"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.variants = config::Map(); }), "eval.variants is empty"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.variants = config::Node("none"); }), "should be a dict"));
  CHECK(speaks_of(refusal([](EvalConfig& c) { c.variants.map()["ant"] = config::Node("window"); }),
                  "eval.variants.ant should be a list"));
  CHECK(speaks_of(refusal([](EvalConfig& c) {
                    c.texts = {"repeated"};
                    c.lengths = {2, 4};
                  }),
                  "longest length 4 is not beyond the period 4"));
}

TEST_CASE("scores that were stored are summarised again to the same table") {
  EvalResult result = evaluate(stub_config({"natural", "repeated"}), StubTask(), kTrained, build_stub);
  const std::vector<EvalCell> before = result.table.cells;
  summarise(result);
  REQUIRE(result.table.cells.size() == before.size());
  for (size_t i = 0; i < before.size(); ++i)
    CHECK(std::memcmp(&before[i], &result.table.cells[i], sizeof(EvalCell)) == 0);
}

TEST_CASE("means of documents, weighted by their targets, are the table") {
  const EvalResult result = evaluate(stub_config({"natural", "repeated"}), StubTask(), kTrained, build_stub);
  const std::vector<DocumentMeans> all = means_by_document(result);
  REQUIRE(all.size() == result.table.texts.size());
  for (size_t text = 0; text < all.size(); ++text) {
    const DocumentMeans& means = all[text];
    CHECK(means.text == result.table.texts[text]);
    const size_t documents = means.names.size();
    CHECK(documents == 3);
    for (size_t cell = 0; cell < means.variants.size() * means.lengths.size(); ++cell) {
      double loss = 0, hits = 0, targets = 0;
      for (size_t d = 0; d < documents; ++d) {
        const auto count = static_cast<double>(means.targets[cell % means.lengths.size() * documents + d]);
        loss += count * means.loss[cell * documents + d];
        hits += count * means.accuracy[cell * documents + d];
        targets += count;
      }
      const EvalCell& expected = result.table.at(text, cell / means.lengths.size(), cell % means.lengths.size());
      CHECK(loss / targets == Approx(expected.loss).epsilon(1e-6));
      CHECK(hits / targets == Approx(expected.accuracy).epsilon(1e-6));
      CHECK(targets == static_cast<double>(expected.tokens));
    }
  }
}

}  // namespace lx
