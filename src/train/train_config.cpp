// Settings that must fit each other.
#include "train/train_config.h"

namespace lx {

void check(const TrainConfig& config) {
  const TrainConfig::Budget& budget = config.budget;
  std::vector<std::string> set;
  if (budget.steps) set.push_back("steps");
  if (budget.tokens) set.push_back("tokens");
  if (budget.minutes) set.push_back("minutes");
  require(set.size() < 2, "train.budget has {}: keep one and make the other null (train.budget.{}=null)",
          join(set, " and "), set.empty() ? "" : set.front());
  require(set.size() == 1, "train.budget is empty: set one of steps, tokens or minutes");
  require(!config.checkpoint.best || config.validate.every > 0,
          "train.checkpoint.best needs validation: set train.validate.every above 0, or train.checkpoint.best=false");
}

std::optional<int64_t> total_steps(const TrainConfig& config, int64_t length) {
  if (config.budget.minutes) return std::nullopt;
  if (config.budget.steps) return config.budget.steps;
  const int64_t per_step = config.batch * config.accumulate * length;
  return (*config.budget.tokens + per_step - 1) / per_step;
}

}  // namespace lx
