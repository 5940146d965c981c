// Positions drawn at random while training, so that those of long texts are no news.
//   subset       n distinct whole numbers below `max`, sorted (Ruoss et al. 2023, arXiv 2305.16843)
//   float        n sorted uniform reals below `max` (random float sampling, Shimizu et al. 2026, arXiv 2602.14050, of
//                which we know the idea and not the sampler)
//   exponential  equal-mean: 0, s, 2s, ... with s = x / (N-1) and x exponential of mean N (Su 2022, kexue.fm 9444: N
//   even
//                steps from 0 to x); the mean spacing is a token's, so that true positions suit a test
//   beta         equal-mean with x = max Beta(a, b) of mean N; the post leaves its spread open: `concentration` a + b
// One draw serves all layers of a call. (Ruoss's code draws anew in every layer that turns or biases.) Equal-mean
// positions of texts longer than N go on at the drawn spacing.
#include "attention/stack.h"
#include "encoding/randomized_positions.h"
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {

enum class PositionLaw { subset, real, exponential, beta };
template <>
struct config::EnumNames<PositionLaw> {
  static constexpr std::array<std::pair<std::string_view, PositionLaw>, 4> names{
      {{"subset", PositionLaw::subset},
       {"float", PositionLaw::real},
       {"exponential", PositionLaw::exponential},
       {"beta", PositionLaw::beta}}};
};

enum class TestPositions { automatic, even, random, plain };
template <>
struct config::EnumNames<TestPositions> {
  static constexpr std::array<std::pair<std::string_view, TestPositions>, 4> names{{{"auto", TestPositions::automatic},
                                                                                    {"even", TestPositions::even},
                                                                                    {"random", TestPositions::random},
                                                                                    {"plain", TestPositions::plain}}};
};

enum class DrawFor { batch, example };
template <>
struct config::EnumNames<DrawFor> {
  static constexpr std::array<std::pair<std::string_view, DrawFor>, 2> names{
      {{"batch", DrawFor::batch}, {"example", DrawFor::example}}};
};

namespace {

struct Randomized final : ScoreModifier {
  struct Config {
    PositionLaw law = PositionLaw::subset;
    int64_t max = 0;
    TestPositions test = TestPositions::automatic;
    DrawFor each = DrawFor::batch;
    double concentration = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("law", &Config::law, "what positions are drawn from"),
          config::field("max", &Config::max,
                        "positions stay below this, and so must texts; 0: 16 trained lengths (2048 in the paper)",
                        config::not_negative()),
          config::field(
              "test", &Config::test,
              "when testing: spread evenly below max, drawn once for each length, or 0, 1, 2, ... as they are "
              "(plain); auto: even for subset and float, else plain"),
          config::field("each", &Config::each, "one draw for the batch, or one for each example"),
          config::field("concentration", &Config::concentration,
                        "a + b of the beta law; 0: as wide as the exponential (max / N - 2)", config::not_negative())};
    }
  } config;
  int64_t trained;

  Randomized(Config c, const Shape& shape) : config(c), trained(shape.trained_length) {
    require(equal_mean() || c.max == 0 || c.max >= trained,
            "randomized: max ({}) must be at least the trained length ({})", c.max, trained);
    require(c.law != PositionLaw::exponential || c.max == 0,
            "randomized: exponential positions have no largest one: leave out max ({})", c.max);
    require(c.law == PositionLaw::beta || c.concentration == 0,
            "randomized: concentration ({}) shapes the beta law only", c.concentration);
    require(
        !equal_mean() || c.test != TestPositions::even,
        "randomized: equal-mean positions have a mean spacing of one token: test with plain positions, not even ones");
    if (config.max == 0) config.max = 16 * trained;
    if (config.test == TestPositions::automatic)
      config.test = equal_mean() ? TestPositions::plain : TestPositions::even;
    if (config.law != PositionLaw::beta) return;
    require(config.max > trained, "randomized: max ({}) must exceed the trained length ({}), the mean of the beta law",
            config.max, trained);
    if (config.concentration > 0) return;
    config.concentration = static_cast<double>(config.max) / static_cast<double>(trained) - 2;
    require(config.concentration > 0,
            "randomized: below two trained lengths ({}) the beta law cannot be as wide as "
            "the exponential: state its concentration",
            config.max);
  }

  void place(Bands& bands, const Scene& scene) const override {
    const TestPositions way = scene.training ? TestPositions::random : config.test;
    if (way == TestPositions::plain) return;
    const bool own = way == TestPositions::random && config.each == DrawFor::example;
    std::vector<Tensor> rows;
    for (int64_t example = 0; example < (own ? scene.batch : 1); ++example)
      rows.push_back(at::tensor(positions(scene.context_length, example, way, scene.draw), at::kDouble));
    Band& home = bands.home();
    home.key = (own ? at::stack(rows) : rows.front()).to(home.key.device());
    home.query = home.key.narrow(-1, scene.offset, scene.queries);
  }

  int64_t longest_text() const override { return equal_mean() ? kAll : config.max; }

  Traits traits() const override {
    const bool whole_text =
        config.test == TestPositions::even || (config.test == TestPositions::random && !equal_mean());
    return {.moves_tokens = true,
            .fractions = config.law != PositionLaw::subset,
            .random = true,
            .depends_on_context = whole_text};
  }

  void define(PairRule& rule) const override {  // the laws themselves are plain numbers, with tests of their own
    const TestPositions way = rule.training ? TestPositions::random : config.test;
    if (way == TestPositions::plain) return;
    const int64_t example = config.each == DrawFor::example ? rule.example : 0;
    rule.place = [all = positions(rule.keys, example, way, rule.draw)](int64_t t) {
      return all[static_cast<size_t>(t)];
    };
  }

 private:
  bool equal_mean() const { return config.law == PositionLaw::exponential || config.law == PositionLaw::beta; }

  Numbers positions(int64_t tokens, int64_t example, TestPositions way, uint64_t draw) const {
    const auto mean = static_cast<double>(trained), end = static_cast<double>(config.max);
    if (!equal_mean() && tokens > config.max)
      throw DoesNotApply(
          fmt::format("randomized: a text of {} tokens has no room among {} positions: raise `max` in training", tokens,
                      config.max));
    if (way == TestPositions::even) {
      Numbers all = even_positions(tokens, end / static_cast<double>(tokens));
      if (config.law == PositionLaw::subset)
        for (double& one : all) one = std::round(one);  // steps are one or more: they stay apart
      return all;
    }
    Random random = Random(draw).fork("randomized").fork(static_cast<uint64_t>(example));
    if (config.law == PositionLaw::subset) return random_subset(random, tokens, config.max);
    if (config.law == PositionLaw::real) return random_reals(random, tokens, end);
    const double span = config.law == PositionLaw::exponential
                            ? random_exponential(random, mean)
                            : end * random_beta(random, mean / end, config.concentration);
    return even_positions(tokens, span / std::max(mean - 1, 1.0));
  }
};

REGISTER_MODIFIER(Randomized, "randomized", "positions drawn at random while training: subsets, reals, equal-mean",
                  "Ruoss 2023, arXiv 2305.16843; Shimizu 2026, arXiv 2602.14050; Su 2022, kexue.fm 9444");

}  // namespace
}  // namespace lx
