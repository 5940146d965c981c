#include "base/error.h"
#include "catch.h"
#include "train/schedule.h"
#include "train/train_config.h"

using namespace lx;

namespace {

constexpr int64_t kSteps = 100;

config::Node section(const std::string& name, const std::vector<std::pair<std::string, config::Node>>& settings = {}) {
  config::Node node{config::Map{}};
  node.set("name", name);
  for (const auto& [key, value] : settings) node.map()[key] = value;
  return node;
}

/// The factors of all steps, and one past the end.
std::vector<double> factors(const config::Node& node) {
  const auto schedule = make_schedule(node, "train.schedule", kSteps);
  std::vector<double> all;
  for (int64_t step = 0; step <= kSteps; ++step)
    all.push_back(schedule->factor({step, static_cast<double>(step) / kSteps, 1.0 / kSteps}));
  return all;
}

std::string refusal(const config::Node& node, std::optional<int64_t> steps = kSteps) {
  try {
    make_schedule(node, "train.schedule", steps);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("schedules pass through their corner points") {
  const auto cosine = factors(section("cosine", {{"warmup", 10}, {"final", 0.1}}));
  CHECK(cosine[0] == Approx(0.1));
  CHECK(cosine[9] == Approx(1));
  CHECK(cosine[10] == Approx(1));
  CHECK(cosine[55] == Approx(0.55));
  CHECK(cosine[100] == Approx(0.1));

  const auto linear = factors(section("linear", {{"warmup", 0.2}, {"final", 0.5}}));
  CHECK(linear[0] == Approx(0.05));
  CHECK(linear[20] == Approx(1));
  CHECK(linear[60] == Approx(0.75));
  CHECK(linear[100] == Approx(0.5));

  const auto constant = factors(section("constant", {{"warmup", 0}}));
  CHECK(constant[0] == 1);
  CHECK(constant[100] == 1);

  const auto wsd = factors(section("wsd", {{"warmup", 5}, {"decay", 0.2}, {"final", 0.1}, {"shape", "linear"}}));
  CHECK(wsd[4] == Approx(1));
  CHECK(wsd[80] == Approx(1));
  CHECK(wsd[90] == Approx(0.55));
  CHECK(wsd[100] == Approx(0.1));
  const auto root = factors(section("wsd", {{"decay", 0.2}, {"shape", "sqrt"}}));
  CHECK(root[85] == Approx(0.5));
  CHECK(root[100] == Approx(0).margin(1e-12));

  config::Node points{config::Map{}};
  points.map()["0"] = 0;
  points.map()["40"] = 1;
  points.map()["9"] = 0.5;
  const auto piecewise = factors(section("piecewise", {{"points", points}}));
  CHECK(piecewise[0] == 0);
  CHECK(piecewise[9] == 0.5);
  CHECK(piecewise[3] == Approx(0.5 / 3));
  CHECK(piecewise[40] == 1);
  CHECK(piecewise[100] == 1);
}

TEST_CASE("schedules rise while they warm up, never rise afterwards and stay within 0 and 1") {
  for (const std::string& name : schedules().names()) {
    CAPTURE(name);
    if (name == "piecewise") continue;
    const auto all = factors(section(name, {{"warmup", 7}}));
    for (size_t i = 1; i < all.size(); ++i) {
      CHECK((i < 7 ? all[i] > all[i - 1] : all[i] <= all[i - 1] + 1e-12));
      CHECK(all[i] >= 0);
      CHECK(all[i] <= 1);
    }
  }
}

TEST_CASE("a budget in minutes needs a warm-up in shares") {
  CHECK_THAT(refusal(section("cosine", {{"warmup", 10}}), std::nullopt),
             Catch::Contains("must be a share of the budget"));
  const auto schedule = make_schedule(section("linear", {{"warmup", 0.5}}), "train.schedule", std::nullopt);
  CHECK(schedule->factor({0, 0, 0}) == 0);
  CHECK(schedule->factor({3, 0.25, 0}) == Approx(0.5));
  CHECK(schedule->factor({9, 0.75, 0.1}) == Approx(0.5));
}

TEST_CASE("schedules that cannot be are refused") {
  CHECK_THAT(refusal(section("cosine", {{"warmup", 101}})), Catch::Contains("takes 101 steps of a run of 100"));
  CHECK_THAT(refusal(section("wsd", {{"warmup", 0.9}, {"decay", 0.2}})), Catch::Contains("more than the whole budget"));
  CHECK_THAT(refusal(section("cosin")), Catch::Contains("did you mean 'cosine'?"));
  config::Node points{config::Map{}};
  points.map()["soon"] = 1;
  CHECK_THAT(refusal(section("piecewise", {{"points", points}})), Catch::Contains("'soon' is not a number of steps"));
}

TEST_CASE("a budget is exactly one of steps, tokens and minutes") {
  TrainConfig config;
  CHECK_THROWS_WITH(check(config), Catch::Contains("set one of steps, tokens or minutes"));
  config.budget.steps = 10;
  config.budget.minutes = 1;
  CHECK_THROWS_WITH(check(config), Catch::Contains("has steps and minutes: keep one"));
  config.budget = {};
  config.budget.tokens = 1000;
  CHECK_NOTHROW(check(config));
  CHECK(*total_steps(config, 10) == 4);  // 32 windows of 10 tokens a step
  config.validate.every = 0;
  CHECK_THROWS_WITH(check(config), Catch::Contains("train.checkpoint.best needs validation"));
}
