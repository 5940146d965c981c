// Laws of choosing a token: what may come, how often, and that a seed decides everything.
#include "base/error.h"
#include "catch.h"
#include "model/sampler.h"
#include "tensor/draw.h"
#include "unit/model/refusal.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>

using namespace lx;

namespace {

/// Logits of `count` tokens, no two alike.
std::vector<double> some_logits(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<double> logits(static_cast<size_t>(count));
  for (double& logit : logits) logit = 2 * random.normal();
  return logits;
}

Tensor as_row(const std::vector<double>& logits) { return at::tensor(logits, at::kDouble).unsqueeze(0); }

std::vector<double> softmax(const std::vector<double>& logits) {
  std::vector<double> probabilities;
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  for (const double logit : logits) probabilities.push_back(std::exp(logit) / sum);
  return probabilities;
}

int64_t likeliest(const std::vector<double>& logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

}  // namespace

TEST_CASE("greedy takes the likeliest token, and so does a temperature towards 0") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto logits = some_logits(37, seed);
    for (const double temperature : {0.0, 1e-3, 1e-300}) {
      const Sampler sampler({.temperature = temperature}, Random(seed));
      CHECK(sampler.choose(as_row(logits), 5).item<int64_t>() == likeliest(logits));
    }
  }
}

TEST_CASE("without cuts the candidates are the softmax of the logits over the temperature") {
  auto logits = some_logits(23, 1);
  const auto candidates = Sampler({.temperature = 0.7}, Random(0)).candidates(logits);
  for (double& logit : logits) logit /= 0.7;
  const auto want = softmax(logits);
  REQUIRE(candidates.size() == want.size());
  for (const Candidate& candidate : candidates)
    CHECK(candidate.probability == Approx(want[static_cast<size_t>(candidate.token)]));
}

TEST_CASE("top-k keeps exactly the k likeliest, in proportion") {
  const auto logits = some_logits(23, 2);
  const auto whole = softmax(logits);
  auto sorted = logits;
  std::sort(sorted.rbegin(), sorted.rend());
  for (const int64_t k : {1, 2, 7, 22}) {
    const auto kept = Sampler({.top_k = k}, Random(0)).candidates(logits);
    REQUIRE(static_cast<int64_t>(kept.size()) == k);
    double sum = 0;
    for (const Candidate& candidate : kept) {
      const auto token = static_cast<size_t>(candidate.token);
      sum += candidate.probability;
      CHECK(logits[token] >= sorted[static_cast<size_t>(k - 1)]);
      CHECK(candidate.probability / kept[0].probability ==
            Approx(whole[token] / whole[static_cast<size_t>(kept[0].token)]));
    }
    CHECK(sum == Approx(1));
  }
  CHECK(Sampler({.top_k = 100}, Random(0)).candidates(logits).size() == 23);
}

TEST_CASE("top-p keeps the fewest likeliest tokens that reach the probability, and at least one") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto logits = some_logits(23, seed);
    const auto whole = softmax(logits);
    for (const double p : {1e-9, 0.3, 0.6, 0.9, 0.999}) {
      const auto kept = Sampler({.top_p = p}, Random(0)).candidates(logits);
      REQUIRE(!kept.empty());
      CHECK(kept.front().token == likeliest(logits));
      double mass = 0, sum = 0;
      for (const Candidate& candidate : kept) {
        CHECK(mass < p);  // none of them could be spared
        mass += whole[static_cast<size_t>(candidate.token)];
        sum += candidate.probability;
      }
      CHECK(mass >= p);
      CHECK(sum == Approx(1));
      for (size_t i = 1; i < kept.size(); ++i) CHECK(kept[i].probability <= kept[i - 1].probability);
    }
  }
}

TEST_CASE("top-p counts what top-k has left") {
  const std::vector<double> logits{std::log(0.4), std::log(0.3), std::log(0.2), std::log(0.1)};
  CHECK(Sampler({.top_p = 0.65}, Random(0)).candidates(logits).size() == 2);
  CHECK(Sampler({.top_k = 2, .top_p = 0.55}, Random(0)).candidates(logits).size() == 1);  // 0.4 / 0.7 is enough
}

TEST_CASE("of equally likely tokens the smaller one comes first") {
  const std::vector<double> flat(11, 0.5);
  CHECK(Sampler({.temperature = 0}, Random(3)).choose(as_row(flat), 0).item<int64_t>() == 0);
  for (const auto& kept :
       {Sampler({.top_k = 3}, Random(0)).candidates(flat), Sampler({.top_p = 2.5 / 11}, Random(0)).candidates(flat)}) {
    REQUIRE(kept.size() == 3);
    for (size_t i = 0; i < 3; ++i) CHECK(kept[i].token == static_cast<int64_t>(i));
  }
}

TEST_CASE("tokens come as often as their probabilities say") {
  std::vector<double> logits = some_logits(9, 4);
  logits[3] = -INFINITY;
  constexpr int64_t kDraws = 20000;
  for (const Sampling& sampling :
       {Sampling{}, Sampling{.temperature = 1.6}, Sampling{.top_k = 4}, Sampling{.top_p = 0.8}}) {
    const Sampler sampler(sampling, Random(7));
    std::map<int64_t, int64_t> counts;
    for (int64_t step = 0; step < kDraws; ++step) ++counts[sampler.choose(as_row(logits), step).item<int64_t>()];
    CHECK(counts[3] == 0);
    int64_t seen = 0;
    for (const Candidate& candidate : sampler.candidates(logits)) {
      const double p = candidate.probability, share = static_cast<double>(counts[candidate.token]) / kDraws;
      CHECK(std::abs(share - p) <= 4 * std::sqrt(p * (1 - p) / kDraws));
      seen += counts[candidate.token];
    }
    CHECK(seen == kDraws);  // none that was cut off
  }
}

TEST_CASE("a seed decides every choice, row by row, whatever else was drawn") {
  Random random(5);
  const Tensor logits = normal_tensor(random, {4, 50});
  const auto choices = [&](uint64_t seed, const Tensor& rows) {
    const Sampler sampler({}, Random(seed));
    std::vector<Tensor> all;
    for (int64_t step = 0; step < 30; ++step) all.push_back(sampler.choose(rows, step));
    return at::stack(all, 1);  // [B,30]
  };
  at::manual_seed(1);
  const Tensor first = choices(1, logits);
  at::manual_seed(2);
  CHECK(at::equal(choices(1, logits), first));
  CHECK_FALSE(at::equal(choices(2, logits), first));
  CHECK(at::equal(choices(1, logits.narrow(0, 0, 2)), first.narrow(0, 0, 2)));
  const Tensor alike = choices(1, logits.narrow(0, 0, 1).expand({3, -1}));
  CHECK(at::equal(alike[0], first[0]));
  CHECK_FALSE(at::equal(alike[0], alike[1]));  // the same logits, but rows draw for themselves
  // What is drawn at a step does not depend on the steps before it.
  CHECK(at::equal(Sampler({}, Random(1)).choose(logits, 17), first.select(1, 17)));
}

TEST_CASE("settings that mean nothing and logits that are not finite are refused") {
  using Catch::Contains;
  CHECK_THAT(refusal([] { check(Sampling{.temperature = -1}); }), Contains("temperature"));
  CHECK_THAT(refusal([] { check(Sampling{.temperature = NAN}); }), Contains("temperature"));
  CHECK_THAT(refusal([] { check(Sampling{.top_k = -1}); }), Contains("top-k"));
  CHECK_THAT(refusal([] { check(Sampling{.top_p = 0}); }), Contains("top-p"));
  CHECK_THAT(refusal([] { check(Sampling{.top_p = 1.1}); }), Contains("top-p"));
  CHECK_THAT(refusal([] { Sampler({.top_p = NAN}, Random(0)); }), Contains("top-p"));
  for (const double broken : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    for (const double temperature : {0.0, 1.0}) {
      const Sampler sampler({.temperature = temperature}, Random(0));
      CHECK_THAT(refusal([&] { sampler.choose(as_row({0, broken, 1}), 0); }), Contains("not finite"));
    }
  }
  CHECK_THAT(refusal([] {
               Sampler({}, Random(0)).choose(as_row({-INFINITY, -INFINITY}), 0);
             }),
             Contains("rules every token out"));
}
