// Models made equal in cost differ by less than one percent, and what is stored says the sizes themselves.
#include "base/error.h"
#include "catch.h"
#include "experiment/match.h"
#include "experiment/model_cost.h"

#include <cmath>

using namespace lx;

namespace {

ResolvedRun matched(std::vector<std::string> overrides) {
  overrides.emplace_back("length=32");
  return make_run_config(
      {.search_path = {fs::absolute("configs")}, .config_name = "run", .overrides = std::move(overrides)});
}

double cost(const ResolvedRun& run, MatchOn on) { return cost_of(*unread_model(run.config), run.config, on).value(); }

}  // namespace

TEST_CASE("matched models cost the same within one percent, in what they are matched on") {
  const std::vector<std::pair<std::string, MatchOn>> kinds{
      {"parameters", MatchOn::parameters}, {"inference", MatchOn::inference}, {"training", MatchOn::training}};
  for (const auto& [name, on] : kinds) {
    const double goal = cost(matched({"model=decoder"}), on);
    for (const char* model : {"decoder", "unilm", "encoder_decoder", "gau"}) {
      INFO(name << " of " << model);
      const ResolvedRun run =
          matched({std::string("model=") + model, fmt::format("model.match={{on: {}, to: decoder}}", name),
                   "objective=continuation"});
      CHECK(std::abs(cost(run, on) / goal - 1) < 0.01);
      CHECK_FALSE(run.sizes.empty());
    }
    const std::vector<std::string> gau{"model.mixer.name=gau", "+model.mixer.key_width=32", "~model.mixer.heads"};
    std::vector<std::string> own{"model=encoder_decoder", fmt::format("model.match={{on: {}, to: decoder}}", name)};
    std::vector<std::string> other{"model=decoder"};
    for (auto* words : {&own, &other}) words->insert(words->end(), gau.begin(), gau.end());
    const ResolvedRun units = matched(own), reference = matched(other);
    CHECK(std::abs(cost(units, on) / cost(reference, on) - 1) < 0.01);
  }
}

TEST_CASE("a stored configuration holds sizes and no match, and reads back as it is") {
  const ResolvedRun run = matched({"model=encoder_decoder"});
  CHECK(run.resolved.find("model.match") == nullptr);
  CHECK(run.resolved.find("model.width")->integer() < 128);
  CHECK(run.resolved.find("model.feed_forward.inner")->integer() > 0);
  CHECK(run.resolved.find("model.feed_forward.ratio") == nullptr);
  CHECK(read_run_config(run.resolved).model == *run.resolved.find("model"));
  CHECK(run.config.model == *run.resolved.find("model"));
}

TEST_CASE("a model matched to itself, or to nothing, is left as it is") {
  const auto plain = matched({"model=decoder"});
  CHECK(plain.sizes.empty());
  CHECK(matched({"model=decoder", "model.match={on: parameters, to: decoder}"}).resolved == plain.resolved);
  CHECK(matched({"model=unilm", "model.match={on: parameters, to: decoder}"}).config.model.find("width")->integer() ==
        128);
  CHECK(matched({"model=encoder_decoder", "model.match=null"}).config.model.find("width")->integer() == 128);
}

TEST_CASE("settings of the model that were typed hold for the reference, too") {
  const ResolvedRun run = matched({"model=encoder_decoder", "model.width=256", "model.encoder_layers=2"});
  CHECK(cost(run, MatchOn::parameters) ==
        Approx(cost(matched({"model=decoder", "model.width=256"}), MatchOn::parameters)).epsilon(0.01));
}

TEST_CASE("a match that cannot be is refused in one sentence") {
  using Catch::Contains;
  CHECK_THROWS_WITH(matched({"model=encoder", "model.match={on: inference, to: decoder}"}), Contains("writes no text"));
  CHECK_THROWS_WITH(matched({"model=decoder",
                             "model.match={on: parameters, to: {name: decoder, width: 2, layers: 1, "
                             "mixer: {heads: 1}}}"}),
                    Contains("give it fewer layers"));
  CHECK_THROWS_WITH(matched({"model=decoder", "model.match={on: parameters}"}), Contains("model.match.to"));
  CHECK_THROWS_WITH(matched({"model=decoder", "model.match={on: parameters, to: decodr}"}),
                    Contains("did you mean 'decoder'?"));
}
