// Laws of judging written answers: edit distance is a metric, and scores are means with errors over documents.
#include "base/error.h"
#include "base/random.h"
#include "catch.h"
#include "eval/answers.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace lx;

namespace {

using Tokens = std::vector<int64_t>;

struct Answers {
  static Tokens bytes(const std::string& text) { return {text.begin(), text.end()}; }

  static Tokens random(Random& source) {
    Tokens tokens(source.below(7));
    for (int64_t& token : tokens) token = static_cast<int64_t>(source.below(3));
    return tokens;
  }

  /// The definition: by what happens to the last tokens.
  static int64_t by_definition(std::span<const int64_t> a, std::span<const int64_t> b) {
    if (a.empty() || b.empty()) return static_cast<int64_t>(a.size() + b.size());
    const auto shorter = [](std::span<const int64_t> x) { return x.first(x.size() - 1); };
    return std::min({by_definition(shorter(a), b) + 1, by_definition(a, shorter(b)) + 1,
                     by_definition(shorter(a), shorter(b)) + (a.back() == b.back() ? 0 : 1)});
  }
};

}  // namespace

TEST_CASE("edit distance is the one of the textbooks") {
  CHECK(edit_distance(Answers::bytes("kitten"), Answers::bytes("sitting")) == 3);
  CHECK(edit_distance(Answers::bytes("intention"), Answers::bytes("execution")) == 5);
  CHECK(edit_distance(Tokens{}, Tokens{}) == 0);
}

TEST_CASE("edit distance is its definition, and a metric") {
  Random source(11);
  for (int round = 0; round < 60; ++round) {
    const Tokens a = Answers::random(source), b = Answers::random(source), c = Answers::random(source);
    const int64_t ab = edit_distance(a, b);
    CHECK(ab == Answers::by_definition(a, b));
    CHECK(ab == edit_distance(b, a));
    CHECK((ab == 0) == (a == b));
    CHECK(edit_distance(a, c) <= ab + edit_distance(b, c));
  }
}

TEST_CASE("answers are judged whole and by edits, with errors over documents") {
  const std::vector<Answer> answers{
      {{1, 2, 3, 4}, {1, 2, 3, 4}, 0}, {{1, 2, 9, 4}, {1, 2, 3, 4}, 0}, {{1, 2}, {1, 2}, 5}};
  const AnswerScores scores = judge(answers);
  CHECK(scores.exact.mean == Approx(2.0 / 3));
  CHECK(scores.exact.clusters == 2);
  CHECK(scores.edit_distance.mean == Approx(1.0 / 10));
  CHECK(scores.edit_distance.count == 10);
  // By hand: residuals of documents 0 and 5 are 1 - 0.8 and 0 - 0.2, over 10 tokens; G/(G-1) = 2.
  CHECK(scores.edit_distance.se == Approx(std::sqrt(2 * (0.2 * 0.2 + 0.2 * 0.2)) / 10));
  CHECK(std::isnan(judge(std::vector<Answer>{answers[0], answers[1]}).exact.se));
  CHECK_THROWS_AS(judge(std::vector<Answer>{{{1}, {}, 0}}), Error);
}
