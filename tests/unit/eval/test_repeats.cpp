// Repeats found in token strings made by hand, and what is told of them.
#include "catch.h"
#include "eval/repeats.h"
#include "stub.h"

#include <cmath>

namespace lx {
namespace {

constexpr int64_t kFirst = kFirstOccurrence, kNone = kTooLittleContext;

// Knows nothing but the token of `lag` places ago, and thinks it comes next.
struct CopyModel : Model {
  int64_t lag;
  explicit CopyModel(int64_t places) : lag(places) {}
  Tensor hidden(const Batch& batch, Memories*) override {
    const int64_t length = batch.tokens.size(1);
    Tensor states = at::zeros({batch.tokens.size(0), length, 5});
    if (length >= lag) {
      const Tensor guess = at::one_hot(batch.tokens.narrow(1, 0, length - lag + 1), 5).to(at::kFloat) * 9;
      states.narrow(1, lag - 1, length - lag + 1).copy_(guess);
    }
    return states;
  }
  Tensor readout(const Tensor& states) override { return states; }
  int64_t vocabulary() const override { return 5; }
};

}  // namespace

TEST_CASE("a target is a repeat when the tokens before it and it itself were read before, the latest time counting") {
  //                              0  1  2  3  4  5  6  7  8  9
  const std::vector<int64_t> text{1, 2, 3, 1, 2, 3, 1, 2, 4, 2};
  CHECK(repeat_distances(text, 2) == std::vector<int64_t>{kNone, kFirst, kFirst, kFirst, 3, 3, 3, kFirst, kFirst});
  CHECK(repeat_distances(text, 1) == std::vector<int64_t>{kFirst, kFirst, kFirst, 3, 3, 3, 3, kFirst, kFirst});
  CHECK(repeat_distances(text, 9) == std::vector<int64_t>{kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone, 0});
  CHECK(repeat_distances(text, 20) == std::vector<int64_t>(9, kNone));
  CHECK(repeat_distances(std::vector<int64_t>{7, 7, 7, 7}, 1) == std::vector<int64_t>{kFirst, 1, 1});
  CHECK(repeat_distances(std::vector<int64_t>{}, 1).empty());
  CHECK_THROWS_AS(repeat_distances(text, 0), Error);
}

TEST_CASE("distances fall into buckets relative to the trained length, each without its upper end") {
  const std::vector<std::pair<int64_t, std::string>> expected{
      {kFirst, "first"}, {1, "below N/2"}, {3, "below N/2"}, {4, "N/2 to N"}, {7, "N/2 to N"}, {8, "N to 2N"},
      {15, "N to 2N"},   {16, "2N to 4N"}, {31, "2N to 4N"}, {32, "4N on"},   {999, "4N on"}};
  for (const auto& [distance, name] : expected) {
    INFO(distance);
    CHECK(repeat_buckets()[repeat_bucket(distance, 8)] == name);
  }
  CHECK(repeat_buckets()[repeat_bucket(3, 7)] == "below N/2");
  CHECK(repeat_buckets()[repeat_bucket(4, 7)] == "N/2 to N");
  CHECK_THROWS_AS(repeat_bucket(kNone, 8), Error);
}

TEST_CASE("a model that copies is right on repeats at its own distance only") {
  EvalConfig config;
  config.lengths = {4, 8, 32};
  config.texts = {"repeated"};
  config.repeats = RepeatConfig{.order = 4};
  config.variants.map()["copy"] = config::Node(config::List());
  const int64_t trained = 4;
  config.period = 8;
  const BuildVariant build = [](const config::Node&) { return Subject(std::make_shared<CopyModel>(8)); };
  const EvalResult result = evaluate(config, StubTask(), trained, build);
  REQUIRE(result.repeats.has_value());
  const RepeatTable& table = *result.repeats;
  CHECK(table.order == 4);
  CHECK(table.texts == std::vector<std::string>{"repeated"});
  // A period of 8 is 2N. Target t stands at token t + 1 and needs tokens t - 3 .. t + 1 a period before.
  int64_t elsewhere = 0;
  for (const size_t bucket : {0, 1, 2, 3, 5}) elsewhere += table.at(0, 0, 2, bucket).tokens;
  const int64_t repeats = table.at(0, 0, 2, 4).tokens;
  CHECK(repeats + elsewhere == 6 * (32 - 3));
  CHECK(repeats > 6 * 15);
  CHECK(table.at(0, 0, 2, 4).accuracy == 1);
  CHECK(table.at(0, 0, 2, 4).loss < 0.01);
  CHECK(table.at(0, 0, 2, 4).documents == 3);
  CHECK(table.at(0, 0, 2, 0).accuracy < 0.8);
  CHECK(table.at(0, 0, 2, 0).loss > 0.5);
  // Pieces of 4 tokens hold no 5 tokens twice; what was not read does not count.
  CHECK(table.at(0, 0, 0, 0).tokens == 6);
  CHECK(std::isnan(table.at(0, 0, 0, 4).loss));
}

TEST_CASE("each piece forgets what stood before it") {
  EvalResult result;
  result.trained_length = 4;
  TextScores scores;
  scores.text = "natural";
  scores.variants = {"v"};
  scores.lengths = {4, 8};
  scores.targets = 8;
  scores.document = {0};
  scores.document_names = {"d"};
  scores.tokens = {1, 2, 1, 2, 3, 1, 2, 4, 5};
  scores.loss = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  scores.hit.assign(16, 1);
  result.scores = {scores};
  const RepeatTable table = count_repeats(result, 1);
  // Of length 8: "1 2" comes again at tokens 3 (2 back) and 6 (3 back). Of length 4: at token 3 only.
  CHECK(table.at(0, 0, 1, 2).tokens == 2);
  CHECK(table.at(0, 0, 1, 2).loss == Approx((3 + 6) / 2.0));
  CHECK(table.at(0, 0, 0, 2).tokens == 1);
  CHECK(table.at(0, 0, 0, 2).loss == 3);
  CHECK(table.at(0, 0, 1, 0).tokens == 6);
  CHECK(std::isnan(table.at(0, 0, 1, 0).loss_se));
  result.scores[0].tokens.clear();
  CHECK_THROWS_WITH(count_repeats(result, 1), Catch::Contains("tokens of natural text are not stored"));
}

}  // namespace lx
