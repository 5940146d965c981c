#include "base/error.h"
#include "catch.h"
#include "tiny.h"

#include <cmath>
#include <limits>
#include <list>

using namespace lx;
using namespace lx::tiny;

namespace {

/// Hands out the windows of one big batch in pieces: window `i` of piece `p` is window p * count + i.
struct PiecewiseTask final : TinyTask {
  mutable int64_t drawn = 0;
  Batch sample(Split split, int64_t length, int64_t count, Random) const override {
    const Batch whole = TinyTask::sample(split, length, 8, Random(5));
    const int64_t from = drawn % 8;
    if (split == Split::train) drawn += count;
    return {whole.tokens.narrow(0, from, count), whole.targets.narrow(0, from, count), {}, {}};
  }
};

/// From step `from` on (1 for the first), `count` steps have a target whose logit is made infinite by poisoned weights.
struct PoisonedModel final : Model {
  TinyModel inner{1, 0};
  int64_t calls = 0, from, count;
  PoisonedModel(int64_t first, int64_t number) : from(first), count(number) {
    register_module("inner", std::shared_ptr<TinyModel>(&inner, [](TinyModel*) {}));
  }
  Tensor hidden(const Batch& batch, Memories* memories) override { return inner.hidden(batch, memories); }
  Tensor readout(const Tensor& hidden) override {
    if (is_training()) ++calls;
    const bool poisoned = is_training() && calls >= from && calls < from + count;
    return inner.readout(poisoned ? hidden * std::numeric_limits<float>::infinity() : hidden);
  }
  int64_t vocabulary() const override { return kVocabulary; }
};

}  // namespace

TEST_CASE("training lowers the loss, with every optimizer") {
  for (const std::string optimizer : {"adamw", "lion", "tiger"}) {
    CAPTURE(optimizer);
    TinyModel model(1, 0);
    const TinyTask task;
    TrainConfig config = tiny_config(optimizer, 150);
    config.optimizer.set("lr", optimizer == "tiger" ? 0.05 : 0.02);
    config.checkpoint.every = 0;
    Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("learn"));
    Recorder recorder;
    CHECK(run(trainer, recorder) == Outcome::finished);
    CHECK(recorder.losses.size() == 150);
    CHECK(recorder.loss(150) < 0.7 * recorder.loss(1));
    CHECK(std::bit_cast<double>(recorder.valid.at(148)) < 0.7 * std::bit_cast<double>(recorder.valid.at(4)));
  }
}

TEST_CASE("accumulating passes equals one big batch") {
  std::list<TinyModel> models;
  for (const int64_t accumulate : {1, 4}) {
    TinyModel& model = models.emplace_back(1, 0);
    const PiecewiseTask task;
    TrainConfig config = tiny_config("adamw", 5);
    config.batch = 8 / accumulate;
    config.accumulate = accumulate;
    config.validate.every = 0;
    config.checkpoint.best = false;
    config.label_smoothing = 0.1;
    config.z_loss = 1e-3;
    Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("accumulate"));
    Recorder recorder;
    run(trainer, recorder);
    CHECK(trainer.state().tokens == 5 * 8 * kLength);
  }
  const NamedTensors a = named_tensors(models.front()), b = named_tensors(models.back());
  for (size_t i = 0; i < a.size(); ++i) CHECK(at::allclose(a[i].second, b[i].second, 1e-3, 2e-5));
}

TEST_CASE("clipping bounds the gradient that a step uses and reports the norm before") {
  // AdamW steps the same whatever the norm, but its first moment after one step is 0.1 times the gradient it was given.
  TinyModel model(1, 0);
  const TinyTask task;
  TrainConfig config = tiny_config("adamw", 1);
  config.clip = 0.01;
  const fs::path folder = fresh_folder("clip");
  Trainer trainer(model, task, config, kLength, Random(1), folder);
  Recorder recorder;
  run(trainer, recorder);
  CHECK(std::bit_cast<double>(recorder.norms.at(1)) > 0.1);
  double squares = 0;
  const auto saved = SafetensorsFile(checkpoint_path(folder, 1) / "optimizer.safetensors").all();
  for (const auto& [name, tensor] : saved)
    if (name.starts_with("exp_avg.")) squares += tensor.square().sum().item<double>();
  CHECK(std::sqrt(squares) == Approx(0.1 * 0.01).epsilon(1e-4));
}

TEST_CASE("a loss that is not finite stops the run and says what a person needs") {
  PoisonedModel model(5, 1);
  const TinyTask task;
  Trainer trainer(model, task, tiny_config(), kLength, Random(1), fresh_folder("stop"));
  Recorder recorder;
  try {
    run(trainer, recorder);
    FAIL("it went on");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains("training stopped at step 5: the loss is not finite"));
    CHECK_THAT(error.what(), Catch::Contains("learning rate 0.0"));
    CHECK_THAT(error.what(), Catch::Contains("gradient norm"));
    CHECK_THAT(error.what(), Catch::Contains("step-00000003"));
  }
}

TEST_CASE("a step that is not finite can be skipped, and is recorded") {
  for (const std::string optimizer : {"adamw", "lion", "tiger"}) {
    PoisonedModel model(5, 2);
    const TinyTask task;
    TrainConfig config = tiny_config(optimizer);
    config.on_nonfinite = OnNonfinite::skip;
    Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("skip"));
    Recorder recorder;
    CHECK(run(trainer, recorder) == Outcome::finished);
    REQUIRE(recorder.skips.size() == 2);
    CHECK(recorder.skips[1].step == 6);
    CHECK(recorder.skips[1].in_a_row == 2);
    CHECK(trainer.state().skips == 2);
    CHECK_FALSE(recorder.losses.contains(5));
    CHECK(recorder.losses.size() == 10);
    for (const auto& [name, tensor] : named_tensors(model)) CHECK(tensor.isfinite().all().item<bool>());
  }
}

TEST_CASE("too many skipped steps in a row stop the run") {
  PoisonedModel model(5, 100);
  const TinyTask task;
  TrainConfig config = tiny_config();
  config.on_nonfinite = OnNonfinite::skip;
  config.max_skips = 3;
  Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("skips"));
  Recorder recorder;
  CHECK_THROWS_WITH(run(trainer, recorder),
                    Catch::Contains("stopped at step 8") && Catch::Contains("3 skipped steps in a row"));
  CHECK(recorder.skips.size() == 3);
}

TEST_CASE("reports come every log_every steps with the mean loss between") {
  std::vector<Recorder> recorders(2);
  for (const int64_t every : {1, 5}) {
    TinyModel model(1);
    const TinyTask task;
    TrainConfig config = tiny_config();
    config.log_every = every;
    Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("log"));
    run(trainer, recorders[every == 5]);
  }
  REQUIRE(recorders[1].losses.size() == 3);  // 5, 10, and the last
  double sum = 0;
  for (int64_t step = 6; step <= 10; ++step) sum += recorders[0].loss(step);
  CHECK(recorders[1].loss(10) == sum / 5);
  CHECK(recorders[1].loss(12) == (recorders[0].loss(11) + recorders[0].loss(12)) / 2);
}

TEST_CASE("a budget in minutes ends by the clock") {
  TinyModel model(1);
  const TinyTask task;
  TrainConfig config = tiny_config();
  config.budget = {};
  config.budget.minutes = 0.002;
  config.checkpoint.best = false;
  Trainer trainer(model, task, config, kLength, Random(1), fresh_folder("minutes"));
  Recorder recorder;
  CHECK(run(trainer, recorder) == Outcome::finished);
  CHECK(trainer.state().elapsed_seconds >= 0.12);
  CHECK(trainer.state().step >= 1);
}

TEST_CASE("the average of the weights is what validates and what is loaded for evaluation") {
  TinyModel model(1), loaded(2);
  const TinyTask task;
  TrainConfig config = tiny_config();
  config.ema = TrainConfig::Average{0.9};
  const fs::path folder = fresh_folder("average");
  Trainer trainer(model, task, config, kLength, Random(1), folder);
  Recorder recorder;
  run(trainer, recorder);
  load_weights(checkpoint_path(folder, 12), loaded);
  CHECK_FALSE(same_weights(model, loaded));
  trainer.adopt_average();
  CHECK(same_weights(model, loaded));
  CHECK_THROWS_WITH(run(trainer, recorder), Catch::Contains("cannot go on"));
}
