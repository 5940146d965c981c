// The settings of a search, hydra.sweeper.*; names that Hydra's Optuna sweeper has mean the same here.
#pragma once

#include "config/fields.h"

#include <optional>
#include <string>

namespace lx {

enum class SearchDirection { minimize, maximize };
enum class SearchSampler { random, quasi_random };
enum class SearchValue { loss, perplexity, bits_per_byte, accuracy, difference, accuracy_difference, change, gap };

template <>
struct config::EnumNames<SearchDirection> {
  static constexpr std::array<std::pair<std::string_view, SearchDirection>, 2> names{
      {{"minimize", SearchDirection::minimize}, {"maximize", SearchDirection::maximize}}};
};
template <>
struct config::EnumNames<SearchSampler> {
  static constexpr std::array<std::pair<std::string_view, SearchSampler>, 2> names{
      {{"random", SearchSampler::random}, {"quasi_random", SearchSampler::quasi_random}}};
};
template <>
struct config::EnumNames<SearchValue> {
  static constexpr std::array<std::pair<std::string_view, SearchValue>, 8> names{
      {{"loss", SearchValue::loss},
       {"perplexity", SearchValue::perplexity},
       {"bits_per_byte", SearchValue::bits_per_byte},
       {"accuracy", SearchValue::accuracy},
       {"difference", SearchValue::difference},
       {"accuracy_difference", SearchValue::accuracy_difference},
       {"change", SearchValue::change},
       {"gap", SearchValue::gap}}};
};

/// Which number of a finished run is judged.
struct SearchObjective {
  std::optional<std::string> variant, text;
  config::Node length{"longest"};
  SearchValue value = SearchValue::loss;
  static constexpr auto fields() {
    using C = SearchObjective;
    return std::tuple{config::field("variant", &C::variant, "the test-time variant; null: the first of eval.variants"),
                      config::field("text", &C::text, "the text; null: the first of eval.texts"),
                      config::field("length", &C::length, "tokens read in one piece, or `longest`"),
                      config::field("value", &C::value, "the number: loss, accuracy, ...")};
  }
};

struct SearchConfig {
  int64_t n_trials = 20, seed = 0;
  SearchDirection direction = SearchDirection::minimize;
  SearchObjective objective;
  std::optional<int64_t> n_jobs;
  double max_failure_rate = 0;
  config::Node params;
  // Successive halving:
  SearchSampler sampler = SearchSampler::random;
  std::string resource = "train.budget.steps";
  std::optional<int64_t> min_resource;
  int64_t eta = 3;
  static constexpr auto fields() {
    using C = SearchConfig;
    return std::tuple{
        config::field("n_trials", &C::n_trials, "points that are tried", config::between(1, 1000000)),
        config::field("seed", &C::seed, "which points are drawn", config::not_negative()),
        config::field("direction", &C::direction, "minimize or maximize the objective"),
        config::field("objective", &C::objective, "which number of a finished run is judged"),
        config::field("n_jobs", &C::n_jobs, "trials handed to the launcher at a time; null: all that are known",
                      config::at_least(1)),
        config::field("max_failure_rate", &C::max_failure_rate,
                      "the search stops when a larger share of n_trials has failed", config::between(0, 1)),
        config::field("params", &C::params, "what is searched: key: 'interval(0,1)'"),
        config::field("sampler", &C::sampler, "halving: how its points are drawn"),
        config::field("resource", &C::resource, "halving: the key of the budget that grows from rung to rung"),
        config::field("min_resource", &C::min_resource,
                      "halving: the budget of the first rung; null: so that the last has what the configuration says",
                      config::at_least(1)),
        config::field("eta", &C::eta, "halving: one in so many goes on, with so many times the budget",
                      config::between(2, 1000))};
  }
};

}  // namespace lx
