// The section `train` of a run's configuration.
#pragma once

#include "config/fields.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lx {

enum class OnNonfinite { stop, skip };

struct TrainConfig {
  struct Budget {
    std::optional<int64_t> steps, tokens;
    std::optional<double> minutes;
    static constexpr auto fields() {
      return std::tuple{
          config::field("steps", &Budget::steps, "optimizer steps", config::at_least(1)),
          config::field("tokens", &Budget::tokens, "tokens read, rounded up to whole steps", config::at_least(1)),
          config::field("minutes", &Budget::minutes, "wall time spent training", config::positive())};
    }
  };
  struct Average {
    double decay = 0.999;
    static constexpr auto fields() {
      return std::tuple{
          config::field("decay", &Average::decay, "share of the old average kept at each step", config::fraction())};
    }
  };
  struct Validate {
    int64_t every = 200, windows = 64;
    static constexpr auto fields() {
      return std::tuple{
          config::field("every", &Validate::every, "steps between validations; 0: never", config::not_negative()),
          config::field("windows", &Validate::windows, "windows scored, the same each time", config::at_least(1))};
    }
  };
  struct Saving {
    int64_t every = 200;
    std::optional<double> minutes;
    int64_t keep = 2;
    bool best = true;
    static constexpr auto fields() {
      return std::tuple{
          config::field("every", &Saving::every, "steps between checkpoints; 0: only at the end or when interrupted",
                        config::not_negative()),
          config::field("minutes", &Saving::minutes, "also after so many minutes without one", config::positive()),
          config::field("keep", &Saving::keep, "how many of the newest to keep", config::at_least(1)),
          config::field("best", &Saving::best, "also keep the one with the lowest validation loss")};
    }
  };

  int64_t batch = 32;
  int64_t accumulate = 1;
  Budget budget;
  config::Node optimizer, schedule;
  std::optional<double> clip = 1.0;
  std::vector<std::string> no_decay;
  std::vector<std::string> embeddings{"embed"};
  bool decay_embeddings = false;
  double label_smoothing = 0, z_loss = 0;
  std::optional<Average> ema;
  Validate validate;
  Saving checkpoint;
  OnNonfinite on_nonfinite = OnNonfinite::stop;
  int64_t max_skips = 10;
  int64_t log_every = 1;

  static constexpr auto fields();
};

template <>
struct config::EnumNames<OnNonfinite> {
  static constexpr std::array<std::pair<std::string_view, OnNonfinite>, 2> names{
      {{"stop", OnNonfinite::stop}, {"skip", OnNonfinite::skip}}};
};

constexpr auto TrainConfig::fields() {
  using C = TrainConfig;
  return std::tuple{
      config::field("batch", &C::batch, "windows in one pass through the model", config::at_least(1)),
      config::field("accumulate", &C::accumulate, "passes whose gradients make one step", config::at_least(1)),
      config::field("budget", &C::budget, "how long to train: exactly one of steps, tokens, minutes"),
      config::field("optimizer", &C::optimizer, "which rule, and its settings"),
      config::field("schedule", &C::schedule, "how the learning rate moves"),
      config::field("clip", &C::clip, "largest gradient norm; 0 or null: no clipping", config::not_negative()),
      config::field("no_decay", &C::no_decay,
                    "regular expressions of parameter names that are not decayed, beside those with one dimension"),
      config::field("embeddings", &C::embeddings, "regular expressions of parameter names that are embeddings"),
      config::field("decay_embeddings", &C::decay_embeddings, "whether weight decay applies to embeddings"),
      config::field("label_smoothing", &C::label_smoothing, "share of each target spread over the vocabulary",
                    config::fraction()),
      config::field("z_loss", &C::z_loss, "weight of the squared log-partition", config::not_negative()),
      config::field("ema", &C::ema, "running average of the weights, used to validate and to evaluate; null: none"),
      config::field("validate", &C::validate, "validation loss during training"),
      config::field("checkpoint", &C::checkpoint, "when to save, and what to keep"),
      config::field("on_nonfinite", &C::on_nonfinite,
                    "at a loss or gradient that is not finite: stop, or skip the step"),
      config::field("max_skips", &C::max_skips, "stop after so many skipped steps in a row", config::at_least(1)),
      config::field("log_every", &C::log_every, "steps between reports", config::at_least(1))};
}

/// Checks what one field alone cannot tell: exactly one budget, best only with validation. Throws Error.
void check(const TrainConfig& config);

/// Steps of the whole run; empty with a budget in minutes. `length` is N.
std::optional<int64_t> total_steps(const TrainConfig& config, int64_t length);

}  // namespace lx
