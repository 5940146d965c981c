// Readings of natural text: overlapping pieces, the first piece alone, and what is said of each.
#include "catch.h"
#include "eval/by_document.h"
#include "eval/sliding.h"
#include "eval/summary.h"
#include "stub.h"

#include <cmath>

namespace lx {
namespace {

constexpr int64_t kN = 4;

EvalConfig reading_config(std::vector<std::string> protocols, int64_t stride) {
  EvalConfig config;
  config.lengths = {4, 8, 16};
  config.protocols = std::move(protocols);
  config.stride = stride;
  config.variants.map()["plain"] = config::Node(config::List());
  return config;
}

Subject position_model(const config::Node&) { return std::shared_ptr<Model>(std::make_shared<PositionModel>(5)); }

// The loss of PositionModel on a target that stands at `position` of its piece.
double loss_at(int64_t position, int64_t target) {
  const auto p = static_cast<double>(position);
  return std::log(4 + std::exp(p)) - (target == 0 ? p : 0);
}

}  // namespace

TEST_CASE("sliding pieces judge every target once, with at least length - stride tokens of context") {
  for (const int64_t targets : {16, 48}) {
    for (const int64_t length : {1, 3, 7, 16}) {
      for (int64_t stride = 1; stride <= length; ++stride) {
        std::vector<int> judged(static_cast<size_t>(targets), 0);
        for (const auto& [begin, skip] : sliding_pieces(targets, length, stride)) {
          REQUIRE(begin >= 0);
          REQUIRE(begin + length <= targets);
          CHECK((begin == 0 ? skip == 0 : skip >= length - stride));
          for (int64_t t = skip; t < length; ++t) ++judged[static_cast<size_t>(begin + t)];
        }
        CHECK(judged == std::vector<int>(static_cast<size_t>(targets), 1));
      }
    }
  }
  CHECK_THROWS_AS(sliding_pieces(16, 4, 5), Error);
}

TEST_CASE("a sliding reading files each target's loss with the context its own piece gave it") {
  const StubTask task;
  const EvalResult result = evaluate(reading_config({"natural", "tail", "sliding"}, 3), task, kN, position_model);
  REQUIRE(result.scores.size() == 2);
  const TextScores& scores = result.scores[1];
  CHECK(scores.text == "sliding");
  CHECK(scores.stride == 3);
  const Text text = task.text({.length = 16});
  for (size_t l = 0; l < 3; ++l) {
    const int64_t length = scores.lengths[l];
    for (int64_t t = 0; t < 16; ++t) {
      // 3 new targets a piece; the last piece ends with the window.
      const int64_t end = t < length ? length : std::min<int64_t>(16, length + (t - length) / 3 * 3 + 3);
      CHECK(scores.loss[scores.offset(0, l, 2) + static_cast<size_t>(t)] ==
            Approx(loss_at(t - (end - length), text.tokens[2][t + 1].item<int64_t>())).epsilon(1e-5).margin(1e-6));
    }
  }
  CHECK(result.table.texts == std::vector<std::string>{"natural", "tail", "sliding"});
  CHECK(result.table.at(2, 0, 0).tokens == 6 * 16);
  CHECK_THAT(result.table.protocols[2], Catch::Contains("3 tokens from one to the next"));
  CHECK(result.curves.texts == std::vector<std::string>{"natural"});
  // There is one piece of the longest length.
  CHECK(result.table.at(2, 0, 2).loss == Approx(result.table.at(0, 0, 2).loss));
}

TEST_CASE("a stride as long as the pieces is no overlap") {
  const EvalResult result = evaluate(reading_config({"natural", "sliding"}, 4), StubTask(), kN, position_model);
  CHECK(result.table.at(1, 0, 0).loss == result.table.at(0, 0, 0).loss);
  CHECK(result.table.at(1, 0, 1).loss != result.table.at(0, 0, 1).loss);
}

TEST_CASE("the full reading is the first piece of each window") {
  const EvalResult result = evaluate(reading_config({"full", "natural"}, 0), StubTask(), kN, position_model);
  REQUIRE(result.table.texts == std::vector<std::string>{"full", "natural"});
  const TextScores& scores = result.scores.at(0);
  for (size_t l = 0; l < 3; ++l) {
    double sum = 0;
    for (int64_t w = 0; w < 6; ++w)
      for (int64_t t = 0; t < scores.lengths[l]; ++t)
        sum += scores.loss[scores.offset(0, l, w) + static_cast<size_t>(t)];
    CHECK(result.table.at(0, 0, l).tokens == 6 * scores.lengths[l]);
    CHECK(result.table.at(0, 0, l).loss == Approx(sum / static_cast<double>(6 * scores.lengths[l])));
  }
  CHECK(result.table.at(0, 0, 2).loss == result.table.at(1, 0, 2).loss);
  CHECK(means_by_document(result).front().text == "full");
  CHECK_THAT(result.table.protocols[0], Catch::Contains("other lengths judge fewer and other tokens"));
}

TEST_CASE("readings that cannot be are refused, and those that can be are named in the order of the table") {
  const auto refusal = [](std::vector<std::string> protocols, int64_t stride, std::vector<std::string> texts) {
    EvalConfig config = reading_config(std::move(protocols), stride);
    config.texts = std::move(texts);
    try {
      check(config, kN);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refusal({"tail"}, 0, {"natural"}).empty());
  CHECK_THAT(refusal({}, 0, {"natural"}), Catch::Contains("eval.protocols is empty"));
  CHECK_THAT(refusal({"tial"}, 0, {"natural"}), Catch::Contains("did you mean 'tail'?"));
  CHECK_THAT(refusal({"tail", "tail"}, 0, {"natural"}), Catch::Contains("names 'tail' twice"));
  CHECK_THAT(refusal({"sliding"}, 0, {"natural"}), Catch::Contains("eval.stride"));
  CHECK_THAT(refusal({"tail"}, 2, {"natural"}), Catch::Contains("does not name 'sliding'"));
  CHECK_THAT(refusal({"sliding"}, 5, {"natural"}), Catch::Contains("more than the shortest length 4"));
  CHECK_THAT(refusal({"full"}, 0, {"repeated"}), Catch::Contains("does not name 'natural'"));
  EvalConfig config = reading_config({"sliding", "tail"}, 2);
  config.texts = {"repeated", "natural"};
  const EvalResult result = evaluate(config, StubTask(), kN, position_model);
  CHECK(result.table.texts == std::vector<std::string>{"repeated", "tail", "sliding"});
  CHECK(tabulated_texts(config) == result.table.texts);
}

}  // namespace lx
