// Ten training losses of two models, and the list of what is registered: a refactoring must move neither.
// When a change is meant, put the values that the failing test prints here, and say why in the commit.
#include "base/files.h"
#include "catch.h"
#include "config/yaml.h"
#include "encoding/register.h"
#include "model/mixer.h"
#include "model/model_registry.h"
#include "task/objective.h"
#include "task/registry.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <unistd.h>

using namespace lx;

namespace {

/// Words of a little grammar: enough structure for a loss to fall within ten steps.
class GoldenTask final : public Task {
 public:
  int64_t vocabulary() const override { return 64; }
  double bytes_per_token() const override { return 1; }
  Batch sample(Split, int64_t length, int64_t count, Random random) const override {
    Tensor tokens = at::empty({count, length + 1}, at::kLong);
    for (int64_t row = 0; row < count; ++row) {
      int64_t at = 0;
      while (at <= length) {
        const auto word = static_cast<int64_t>(random.below(8));
        for (int64_t letter = 0; letter < 3 + word % 3 && at <= length; ++letter)
          tokens[row][at++] = (word * 7 + letter) % 64;
      }
    }
    return {.tokens = tokens.narrow(1, 0, length), .targets = tokens.narrow(1, 1, length)};
  }
  Text text(const TextRequest&) const override { return {}; }
  std::string content_hash() const override { return "golden"; }
};

class LossList final : public Observer {
 public:
  void on_step(const StepReport& report) override { losses.push_back(report.loss); }
  std::vector<double> losses;
};

std::vector<double> ten_losses(const std::string& model_yaml, const std::string& stack) {
  at::set_num_threads(1);
  const GoldenTask task;
  const auto model =
      build_model(config::parse_yaml(model_yaml, "model"), config::parse_yaml("stack: " + stack, "encoding"), {},
                  {.vocabulary = task.vocabulary(), .trained_length = 24}, Random(1).fork("model"));
  const auto config = config::read<TrainConfig>(config::parse_yaml(
      "{batch: 6, budget: {steps: 10}, optimizer: {name: adamw, lr: 0.003}, schedule: {name: constant}, "
      "validate: {every: 0}, checkpoint: {every: 0, best: false}}",
      "train"));
  const fs::path folder = fs::temp_directory_path() / ("lx-golden-" + std::to_string(::getpid()));
  LossList list;
  Observer* const observers[] = {&list};
  Trainer(*model, task, config, 24, Random(1).fork("train"), folder).run(observers);
  fs::remove_all(folder);
  return list.losses;
}

void compare(const std::vector<double>& got, const std::vector<double>& want) {
  std::string shown;
  for (const double loss : got) shown += fmt::format("{:.6f}, ", loss);
  INFO("now: " << shown);
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(want[i]).epsilon(2e-4));
}

}  // namespace

TEST_CASE("ten losses of a multi-head model") {
  compare(ten_losses("{width: 32, layers: 2, mixer: {name: attention, heads: 4, key_heads: 2}}",
                     "[rope, key_norm, {log_n: {floor: 0}}]"),
          {4.401611, 4.009964, 3.742415, 3.487956, 3.247278, 2.806980, 2.688302, 2.496340, 2.276425, 2.027159});
}

TEST_CASE("ten losses of a gated attention unit") {
  compare(ten_losses(
              "{width: 32, layers: 3, mixer: {name: gau, key_width: 16}, norm: {kind: rms, gain: false, place: post}}",
              "[rope, qk_bias]"),
          {5.865123, 5.782594, 5.782682, 5.536882, 5.360291, 5.124179, 5.171482, 5.024967, 4.963323, 4.680589});
}

TEST_CASE("what is registered is written down") {
  std::string list;
  const auto add = [&](const std::string& kind, const auto& registry, const auto& keys_of) {
    for (const auto& [name, entry] : registry.entries()) {
      list += kind + " " + name;
      for (const config::KeyHelp& key : keys_of(entry)) list += " " + key.path + "=" + key.default_value;
      list += "\n";
    }
  };
  const auto help = [](const auto& entry) { return entry.help(); };
  const auto nothing = [](const auto&) { return std::vector<config::KeyHelp>(); };
  add("modifier", modifiers(), help);
  add("mixer", mixers(), help);
  add("model", models(), help);
  add("optimizer", optimizers(), help);
  add("schedule", schedules(), help);
  add("task", task_registry(), nothing);
  add("objective", objectives(), help);
  const fs::path now = fs::temp_directory_path() / "lx-registry-now.txt";
  write_file(now, list);
  INFO("when this is meant: cp " << now << " tests/golden/registry.txt");
  CHECK(list == read_file("tests/golden/registry.txt"));
}
