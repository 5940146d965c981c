// Systems compared on documents whose truth is known; scores of whole curves.
#include "base/error.h"
#include "catch.h"
#include "crossed.h"
#include "eval/compare.h"

#include <algorithm>
#include <limits>

using namespace lx;

namespace {

const std::vector<int64_t> kLengths{64, 128, 256};

struct CompareSample {
  Random random{21};
  std::vector<double> counts = draw_counts(random, 14);
  CrossedClusters hard = draw_crossed(random, 3, counts, {0, 0.5, 0, 2});

  /// Losses that rise with the length by `rise` per doubling; under `window` by 0.02.
  SystemRuns system(const std::string& label, double level, double rise, const std::vector<int64_t>& seeds) {
    SystemRuns out{{label}, {}};
    CrossedClusters own = draw_crossed(random, seeds.size(), counts, {0.02, 0.02, 0.01, level});
    for (size_t s = 0; s < seeds.size(); ++s) {
      ScoredRun& run = out.runs.emplace_back();
      run = {seeds[s], 64, 64, "natural", "all targets", {}, {}, kLengths, {}};
      for (size_t d = 0; d < counts.size(); ++d) run.documents.push_back("document " + std::to_string(d));
      run.variants = {{"none", "[]", "", {}}, {"window", R"([{"window": {"size": 64}}])", "", {}}};
      for (const double slope : {rise, 0.02}) {
        for (size_t l = 0; l < kLengths.size(); ++l) {
          std::vector<Cluster>& row = run.losses.emplace_back();
          for (size_t d = 0; d < counts.size(); ++d)
            row.push_back({own[s][d].sum + hard[0][d].sum + counts[d] * slope * static_cast<double>(l), counts[d]});
        }
      }
    }
    return out;
  }
};

/// A curve without any error but the given one of each document.
LengthCurve curve_of(const std::vector<double>& losses, const std::vector<int64_t>& lengths, double noise = 0) {
  Random random(3);
  const CrossedBootstrap bootstrap(10, random, 400);
  LengthCurve curve{lengths, {}};
  for (const double loss : losses) {
    CrossedClusters data(1);
    for (int d = 0; d < 10; ++d) data[0].push_back({50 * (loss + noise * random.normal()), 50});
    curve.losses.push_back(bootstrap.mean(data, "s"));
  }
  return curve;
}

}  // namespace

TEST_CASE("the effective length lies where the loss has risen by ln(1 + epsilon), on the axis of log length") {
  const double tolerance = std::log(1.05);
  const EffectiveLength half = effective_length(curve_of({2, 2, 2 + 2 * tolerance}, {64, 128, 512}), 64);
  CHECK(half.length == Approx(256));  // halfway from ln 128 to ln 512
  CHECK(half.low == Approx(256));     // no document differs from another
  CHECK(half.high == Approx(256));
  CHECK_FALSE(half.beyond);
  const EffectiveLength all = effective_length(curve_of({2, 1.9, 2 + 0.5 * tolerance}, {64, 128, 512}), 64);
  CHECK(all.length == 512);
  CHECK(all.beyond);
  const EffectiveLength bump = effective_length(curve_of({2, 3, 2}, {64, 128, 512}), 64);
  CHECK(bump.length < 128);  // what recovers later does not count
  CHECK(effective_length(curve_of({2, 2, 5}, {64, 128, 512}), 128).length > 128);
}

TEST_CASE("the interval of an effective length surrounds it and is wider where documents differ more") {
  const double tolerance = std::log(1.05);
  const auto width = [&](double noise) {
    const EffectiveLength one =
        effective_length(curve_of({2, 2 + 0.5 * tolerance, 2 + 2.5 * tolerance}, {64, 128, 256}, noise), 64);
    CHECK(one.low < one.length);
    CHECK(one.length < one.high);
    return one.high - one.low;
  };
  CHECK(width(0.01) > 2 * width(0.002));
}

TEST_CASE("the interval of an effective length covers the true one about 95 times in 100") {
  Random random(31);
  const double tolerance = std::log(1.05);
  constexpr int datasets = 400;
  int covered = 0;
  for (int i = 0; i < datasets; ++i) {
    const std::vector<double> counts = draw_counts(random, 16);
    const CrossedBootstrap bootstrap(16, random.fork(static_cast<uint64_t>(i)), 400);
    LengthCurve curve{{64, 128, 256, 512}, {}};
    const CrossedClusters level = draw_crossed(random, 3, counts, {0.1, 0.5, 0.1, 2});
    const CrossedClusters slope = draw_crossed(random, 3, counts, {0.05 * tolerance, 0.3 * tolerance, 0, 0});
    for (const double rise : {0.0, 0.2, 0.6, 1.8}) {
      CrossedClusters data = level;
      for (size_t s = 0; s < 3; ++s)
        for (size_t d = 0; d < 16; ++d) data[s][d].sum += rise * (tolerance * counts[d] + slope[s][d].sum);
      curve.losses.push_back(bootstrap.mean(data, "s"));
    }
    const double truth = 256 * std::exp2(0.4 / 1.2);
    const EffectiveLength one = effective_length(curve, 64);
    covered += one.low <= truth && truth <= one.high;
  }
  CHECK(covered > 0.91 * datasets);
  CHECK(covered < 0.99 * datasets);
}

TEST_CASE("lengths that cannot be read end the effective length and leave no area") {
  LengthCurve curve = curve_of({2, 2, 2}, {64, 128, 256}, 0.001);
  curve.losses[2].value = std::nan("");
  std::fill(curve.losses[2].deviations.begin(), curve.losses[2].deviations.end(), std::nan(""));
  CHECK(effective_length(curve, 64).length == 128);
  CHECK_FALSE(effective_length(curve, 64).beyond);
  CHECK(std::isnan(judge(log_length_area(curve)).value));
  CHECK(std::isnan(effective_length(curve, 256).length));
  CHECK(std::isnan(effective_length(curve, 100).length));
  CHECK_THROWS_AS(effective_length(curve, 64, 0), Error);
}

TEST_CASE("the area of a curve is its mean over log length: every doubling counts alike") {
  CHECK(judge(log_length_area(curve_of({2, 2, 2}, {64, 100, 4096}))).value == Approx(2));
  CHECK(judge(log_length_area(curve_of({1, 2, 3}, {64, 128, 256}))).value == Approx(2));
  CHECK(judge(log_length_area(curve_of({1, 1, 4}, {64, 256, 512}))).value == Approx((2 * 1 + 2.5) / 3));
  CHECK_THROWS_AS(log_length_area(curve_of({1}, {64})), Error);
}

TEST_CASE("a super baseline is one window of N and nothing else") {
  CHECK(is_super_baseline(R"([{"window": {"size": 64}}])", 64));
  CHECK(is_super_baseline(R"(["window"])", 64));
  CHECK(is_super_baseline(R"([{"window": {"size": 0, "sinks": 0}}])", 64));
  CHECK_FALSE(is_super_baseline(R"([{"window": {"size": 32}}])", 64));
  CHECK_FALSE(is_super_baseline(R"([{"window": {"size": 64, "sinks": 4}}])", 64));
  CHECK_FALSE(is_super_baseline(R"([{"window": {"size": 64}}, "log_n"])", 64));
  CHECK_FALSE(is_super_baseline(R"([{"pi": {"factor": 8}}])", 64));
  CHECK_FALSE(is_super_baseline("[]", 64));
}

TEST_CASE("a comparison finds the system that is worse, at the right length, and only that one") {
  CompareSample sample;
  std::vector<SystemRuns> systems{sample.system("rope", 0, 0.01, {0, 1, 2}), sample.system("same", 0, 0.01, {0, 1, 2}),
                                  sample.system("worse", 0, 0.4, {2, 1, 0})};
  const Comparison table = compare(systems, {});
  CHECK(table.variant == "none");
  CHECK(table.documents == 14);
  CHECK_FALSE(table.documents_only);
  REQUIRE(table.systems.size() == 3);
  const ComparedSystem &reference = table.systems[0], &same = table.systems[1], &worse = table.systems[2];
  CHECK_FALSE(reference.near_difference.has_value());
  CHECK(same.far_difference->adjusted > 0.05);
  CHECK(worse.near_difference->adjusted > 0.05);
  CHECK(worse.far_difference->adjusted < 0.05);
  CHECK(worse.far_difference->judged.value == Approx(0.78).margin(0.1));
  CHECK(worse.far_difference->adjusted >= worse.far_difference->judged.p);
  CHECK(worse.seeds == std::vector<int64_t>{0, 1, 2});
  CHECK(worse.longest == 256);
  CHECK(worse.effective.length < 128);
  CHECK(reference.effective.beyond);
  CHECK(worse.gain->value == Approx(-0.76));  // the window rises by 0.02 a doubling, this by 0.4
  CHECK(reference.gain->value == Approx(0.02));
  CHECK(worse.area->value == Approx(worse.near.value + 0.4));
  CHECK_FALSE(worse.change.has_value());
  CHECK(worse.near.high - worse.near.low >
        3 * (worse.near_difference->judged.high - worse.near_difference->judged.low));

  CompareRequest windowed;
  windowed.variant = "window";
  windowed.reference = 2;
  const Comparison other = compare(systems, windowed);
  CHECK_FALSE(other.systems[0].gain.has_value());
  CHECK(other.systems[0].change->value == Approx(0).margin(1e-9));
  CHECK(other.systems[0].near_difference.has_value());
  CHECK_FALSE(other.systems[2].near_difference.has_value());
}

TEST_CASE("the seeds' pairing is by equal seeds, or not at all") {
  CompareSample sample;
  std::vector<SystemRuns> systems{sample.system("a", 0, 0, {0, 1, 2}), sample.system("b", 0, 0, {0, 1, 2})};
  for (SystemRuns& system : systems)  // luck of each seed, the same in both
    for (ScoredRun& run : system.runs)
      for (auto& row : run.losses)
        for (Cluster& cluster : row) cluster.sum += cluster.count * static_cast<double>(run.seed);
  CompareRequest request;
  const double paired = compare(systems, request).systems[1].near_difference->judged.se;
  request.pairing = SeedPairing::independent;
  const double free = compare(systems, request).systems[1].near_difference->judged.se;
  CHECK(free > 10 * paired);
  systems[1].runs[2].seed = 9;
  request.pairing = SeedPairing::same;
  CHECK(compare(systems, request).systems[1].near_difference->judged.se == Approx(free).epsilon(0.1));
}

TEST_CASE("systems scored on other documents or targets are not paired, and the table says so") {
  CompareSample sample;
  std::vector<SystemRuns> systems{sample.system("a", 0, 0, {0, 1}), sample.system("b", 0, 0, {0, 1}),
                                  sample.system("c", 0, 0, {0, 1}), sample.system("d", 0, 0, {0, 1}),
                                  sample.system("e", 0, 0, {0, 1})};
  for (ScoredRun& run : systems[1].runs) run.documents[3] = "another";
  for (ScoredRun& run : systems[2].runs)
    for (auto& row : run.losses) row[4].count += 1;
  for (ScoredRun& run : systems[3].runs) run.variants[0].name = "renamed";
  systems[4].runs[1].losses[0][2].count += 1;
  const Comparison table = compare(systems, {});
  CHECK(table.systems[1].unpaired.find("other documents") != std::string::npos);
  CHECK_FALSE(table.systems[1].near_difference.has_value());
  CHECK_FALSE(std::isnan(table.systems[1].near.se));
  CHECK(table.systems[2].unpaired.find("other targets") != std::string::npos);
  CHECK(table.systems[3].left_out.find("'none'") != std::string::npos);
  CHECK(table.systems[4].left_out.find("same targets") != std::string::npos);
  CompareRequest request;
  request.reference = 3;
  request.variant = "none";
  CHECK_THROWS_AS(compare(systems, request), Error);
  systems[0].runs[1].seed = 0;
  CHECK_THROWS_AS(compare(systems, {}), Error);
  CHECK_THROWS_AS(compare({}, {}), Error);
}

TEST_CASE("a system that cannot read the longest length keeps its numbers at N") {
  CompareSample sample;
  std::vector<SystemRuns> systems{sample.system("a", 0, 0, {0, 1}), sample.system("short", 0, 0, {0, 1})};
  for (ScoredRun& run : systems[1].runs) run.losses[1] = run.losses[2] = std::vector<Cluster>(14);
  for (const size_t reference : {0, 1}) {
    CompareRequest request;
    request.reference = reference;
    const Comparison table = compare(systems, request);
    const ComparedSystem& other = table.systems[1 - reference];
    CHECK(other.unpaired.empty());
    CHECK_FALSE(std::isnan(other.near_difference->judged.p));
    CHECK(std::isnan(other.far_difference->adjusted));
    CHECK(std::isnan(table.systems[1].far.value));
    CHECK(table.systems[1].effective.length == 64);
    CHECK(table.targets > 0);
  }
}

TEST_CASE("per-token scores become sums by document, under each protocol") {
  EvalResult eval;
  eval.trained_length = eval.reference_length = 2;
  TextScores scores;
  scores.text = "natural";
  scores.variants = {"none"};
  scores.lengths = {2, 4};
  scores.targets = 4;
  scores.document = {2, 0, 2};
  scores.document_names = {"a", "b", "c"};
  scores.documents_long_enough = 3;
  for (int i = 0; i < 2 * 3 * 4; ++i) scores.loss.push_back(static_cast<float>(i));
  scores.hit.assign(scores.loss.size(), 0);
  eval.scores = {scores};
  eval.variants = {{"none", "[]", "", {}}};
  const ScoredRun natural = score_by_document(eval, 7, "natural"), tail = score_by_document(eval, 7, "tail");
  CHECK(natural.documents == std::vector<std::string>{"a", "c"});
  CHECK(natural.seed == 7);
  CHECK(natural.losses[0][0].sum == 4 + 5 + 6 + 7);
  CHECK(natural.losses[0][1].count == 8);
  CHECK(tail.losses[1][0].sum == 18 + 19);
  CHECK_THROWS_AS(score_by_document(eval, 7, "repeated"), Error);
  eval.scores[0].loss.clear();
  CHECK_THROWS_AS(score_by_document(eval, 7, "natural"), Error);
}
