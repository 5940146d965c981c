// Standard errors on data whose truth is known: do the intervals hold what they promise?
#include "base/error.h"
#include "base/random.h"
#include "catch.h"
#include "eval/statistics.h"

#include <cmath>
#include <vector>

namespace lx {
namespace {

// Documents of unequal size; each has its own level, shared by its tokens.
struct Corpus {
  std::vector<Cluster> first, second;  // two variants read the same tokens
};

Corpus draw_corpus(Random& random, int documents, double effect) {
  Corpus corpus;
  for (int d = 0; d < documents; ++d) {
    const int64_t tokens = 20 + static_cast<int64_t>(random.below(60));
    const double level = 2 + 0.5 * random.normal(), own = 0.05 * random.normal();
    Cluster a, b;
    for (int64_t t = 0; t < tokens; ++t) {
      const double token = level + random.normal();
      a.sum += token;
      b.sum += token + effect + own + 0.1 * random.normal();
    }
    a.count = b.count = static_cast<double>(tokens);
    corpus.first.push_back(a);
    corpus.second.push_back(b);
  }
  return corpus;
}

constexpr int kDraws = 2000;

}  // namespace

TEST_CASE("a mean over clusters of one token each is the ordinary mean with the ordinary standard error") {
  const std::vector<Cluster> tokens{{1, 1}, {2, 1}, {4, 1}, {9, 1}};
  const Estimate estimate = clustered_mean(tokens);
  CHECK(estimate.mean == Approx(4));
  CHECK(estimate.se == Approx(std::sqrt((9 + 4 + 0 + 25) / 3.0 / 4.0)));
  CHECK(estimate.clusters == 4);
  CHECK(estimate.count == 4);
}

TEST_CASE("long documents weigh by their tokens and empty ones not at all") {
  const std::vector<Cluster> documents{{30, 10}, {2, 2}, {0, 0}};
  const Estimate estimate = clustered_mean(documents);
  CHECK(estimate.mean == Approx(32.0 / 12));
  CHECK(estimate.clusters == 2);
}

TEST_CASE("one document alone has no standard error") {
  const std::vector<Cluster> one{{3, 2}};
  CHECK(clustered_mean(one).mean == Approx(1.5));
  CHECK(std::isnan(clustered_mean(one).se));
  CHECK(std::isnan(confidence_interval(clustered_mean(one)).low));
}

TEST_CASE("the 95 % interval over documents covers the truth about 95 times in 100") {
  Random random(11);
  int covered = 0, covered_naively = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Corpus corpus = draw_corpus(random, 12, 0);
    const Estimate estimate = clustered_mean(corpus.first);
    const Interval interval = confidence_interval(estimate);
    covered += interval.low <= 2 && 2 <= interval.high;
    const double naive = std::sqrt(1.25 / static_cast<double>(estimate.count));  // as if tokens were independent
    covered_naively += std::abs(estimate.mean - 2) <= 1.96 * naive;
  }
  CHECK(covered > 0.93 * kDraws);
  CHECK(covered < 0.97 * kDraws);
  CHECK(covered_naively < 0.7 * kDraws);
}

TEST_CASE("two equal variants are told apart by their paired interval about 5 times in 100, unequal ones far oftener") {
  Random random(12);
  int false_alarms = 0, found = 0, found_unpaired = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Corpus equal = draw_corpus(random, 12, 0);
    const Interval none = confidence_interval(paired_difference(equal.second, equal.first));
    false_alarms += none.low > 0 || none.high < 0;
    const Corpus unequal = draw_corpus(random, 12, 0.1);
    const Estimate difference = paired_difference(unequal.second, unequal.first);
    found += confidence_interval(difference).low > 0;
    const double unpaired = std::hypot(clustered_mean(unequal.first).se, clustered_mean(unequal.second).se);
    found_unpaired += difference.mean > 2 * unpaired;
  }
  CHECK(false_alarms > 0.03 * kDraws);
  CHECK(false_alarms < 0.07 * kDraws);
  CHECK(found > 0.95 * kDraws);
  CHECK(found_unpaired < 0.1 * kDraws);
}

TEST_CASE("a variant does not differ from itself") {
  Random random(13);
  const Corpus corpus = draw_corpus(random, 5, 0);
  const Estimate difference = paired_difference(corpus.first, corpus.first);
  CHECK(difference.mean == 0);
  CHECK(difference.se == 0);
  CHECK_THROWS_AS(paired_difference(corpus.first, std::vector<Cluster>{}), Error);
}

TEST_CASE("quantiles of Student's t agree with the tables") {
  CHECK(t_quantile(0.975, 1) == Approx(12.7062047).epsilon(1e-7));
  CHECK(t_quantile(0.975, 2) == Approx(4.30265273).epsilon(1e-7));
  CHECK(t_quantile(0.975, 10) == Approx(2.22813885).epsilon(1e-7));
  CHECK(t_quantile(0.95, 30) == Approx(1.69726089).epsilon(1e-7));
  CHECK(t_quantile(0.975, 1e7) == Approx(1.95996398).epsilon(1e-5));
  CHECK(t_quantile(0.025, 10) == Approx(-2.22813885).epsilon(1e-7));
  CHECK_THROWS_AS(t_quantile(1, 3), Error);
}

TEST_CASE("a uniform guess over bytes is 8 bits a byte and a perplexity of 256") {
  CHECK(perplexity(std::log(256.0)) == Approx(256));
  CHECK(bits_per_byte(std::log(256.0), 1) == Approx(8));
  CHECK(bits_per_byte(std::log(256.0), 4) == Approx(2));
}

}  // namespace lx
