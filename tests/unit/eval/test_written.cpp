// What evaluation says of outputs that a model writes by itself, and of continuations: models and texts whose answers
// are known.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "unit/eval/stub.h"

#include <cmath>

using namespace lx;

namespace {

struct Written {
  static constexpr int64_t kWords = 7, kTrained = 8;

  /// Counts: each token is the one before and one more, modulo the vocabulary.
  struct CountingTask final : StubTask {
    CountingTask() { symbols = kWords; }
    Text text(const TextRequest& request) const override {
      Text out = StubTask::text(request);
      const Tensor step = at::arange(out.tokens.size(1), at::kLong);
      out.tokens = (step + at::arange(out.tokens.size(0), at::kLong).unsqueeze(1)).remainder(kWords);
      return out;
    }
  };

  /// Expects `stride` more than the last token.
  static std::shared_ptr<Model> counter(int64_t stride) {
    Tensor table = at::zeros({kWords, kWords});
    for (int64_t word = 0; word < kWords; ++word) table[word][(word + stride) % kWords] = 20;
    return std::make_shared<BigramModel>(table);
  }

  static std::unique_ptr<Objective> objective(const char* yaml) {
    return make_objective(config::parse_yaml(yaml, "objective"), {.trained_length = kTrained, .vocabulary = kWords});
  }

  static EvalResult run(const char* generate, const Objective& asked) {
    EvalConfig config;
    config.lengths = {8, 16};
    config.windows = 6;
    config.batch_tokens = 8;  // a piece a pass
    config.repeats.reset();
    config.variants = config::parse_yaml("{right: [], wrong: [x]}", "variants");
    if (*generate) config.generate = config::read<WriteConfig>(config::parse_yaml(generate, "generate"), "generate");
    const BuildVariant build = [](const config::Node& post_hoc) -> Subject {
      return counter(post_hoc.list().empty() ? 1 : 2);
    };
    return evaluate(config, CountingTask(), kTrained, build, {}, asked);
  }
};

}  // namespace

TEST_CASE("a model that knows the text writes it whole, and one that does not is as far off as it is") {
  const auto asked = Written::objective("{name: continuation}");
  const EvalResult result = Written::run("{windows: 4}", *asked);
  REQUIRE(result.written);
  const WrittenTable& table = *result.written;
  CHECK(table.texts == std::vector<std::string>{"longer_input"});  // longer outputs are judged in their last part only
  for (size_t l = 0; l < 2; ++l) {
    const WrittenCell &right = table.cells[table.index(0, 0, l)], &wrong = table.cells[table.index(0, 1, l)];
    CHECK(right.exact == 1);
    CHECK(right.edit_distance == 0);
    CHECK(right.answers == 4);
    CHECK(right.tokens == 4 * 4);
    CHECK(wrong.exact == 0);
    CHECK(wrong.edit_distance > 0.4);
  }
}

TEST_CASE("a continuation is scored on the same last targets at every length, whatever grows") {
  const auto asked = Written::objective("{name: continuation, input: 0.25}");
  const EvalResult result = Written::run("", *asked);
  CHECK_FALSE(result.written);
  CHECK(result.table.texts == std::vector<std::string>{"longer_input", "longer_output"});
  for (const TextScores& scores : result.scores) {
    for (size_t l = 0; l < 2; ++l) {
      for (int64_t window = 0; window < scores.windows(); ++window) {
        const size_t base = scores.offset(0, l, window);
        for (int64_t t = 0; t < scores.targets; ++t)
          CHECK(std::isnan(scores.loss[base + static_cast<size_t>(t)]) == (t < scores.targets - 6));
      }
    }
    CHECK(result.table.at(0, 0, 0).tokens == 6 * 6);
  }
}

TEST_CASE("masked tokens are the same ones at every length, and nothing else is scored") {
  const auto asked = Written::objective("{name: masked, rate: 0.5, mask: 0, random: 0}");
  const EvalResult result = Written::run("", *asked);
  const TextScores& scores = result.scores.front();
  const int64_t each = scores.windows() * scores.targets;
  int64_t scored = 0;
  for (int64_t i = 0; i < each; ++i) {
    const bool one = std::isnan(scores.loss[static_cast<size_t>(i)]);
    CHECK(one == std::isnan(scores.loss[scores.offset(0, 1, 0) + static_cast<size_t>(i)]));
    scored += !one;
  }
  CHECK(scored > each / 4);
  CHECK(scored < 3 * each / 4);
}

TEST_CASE("a piece in which nothing happens to be masked is passed by") {
  const auto asked = Written::objective("{name: masked, rate: 0.04, mask: 0, random: 0}");
  const EvalResult result = Written::run("", *asked);
  CHECK(result.table.at(0, 0, 0).tokens > 0);
  CHECK(result.table.at(0, 0, 0).tokens < 12);  // there are that many pieces
}

TEST_CASE("outputs cannot be written where nothing asks for one, nor read at lengths that have none") {
  CHECK_THROWS_WITH(Written::run("{windows: 2}", next_token()), Catch::Contains("take objective=continuation"));
  const auto asked = Written::objective("{name: continuation}");
  CHECK_THROWS_WITH(asked->check_lengths({4}), Catch::Contains("shorter than the trained length 8"));
  CHECK_THROWS_WITH(Written::objective("{name: continuation, input: 0.99}"), Catch::Contains("leaves no output"));
  CHECK_THROWS_WITH(Written::objective("{name: masked, mask: 0.8, random: 0.3}"), Catch::Contains("more than all"));
  CHECK_THROWS_WITH(Written::objective("{name: contination}"), Catch::Contains("did you mean"));
}
