#include "base/error.h"
#include "catch.h"
#include "tiny.h"

#include <csignal>
#include <set>
#include <sys/resource.h>

using namespace lx;
using namespace lx::tiny;

namespace {

/// Trains 12 steps into a fresh folder.
fs::path trained(const std::string& name, TrainConfig config = tiny_config(), uint64_t seed = 9) {
  const fs::path folder = fresh_folder(name);
  TinyModel model(1);
  const TinyTask task;
  Trainer trainer(model, task, std::move(config), kLength, Random(seed), folder);
  Recorder recorder;
  run(trainer, recorder);
  return folder;
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

std::string resume_refusal(const fs::path& folder, TrainConfig config, uint64_t seed = 9, int64_t length = kLength) {
  TinyModel model(1);
  const TinyTask task;
  try {
    Trainer(model, task, std::move(config), length, Random(seed), folder).resume();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

void flip_byte(const fs::path& path, size_t at) {
  std::string content = read_file(path);
  content.at(at) = static_cast<char>(content.at(at) ^ 1);
  write_file(path, content);
}

}  // namespace

TEST_CASE("the newest checkpoints and the best are kept, nothing else") {
  const fs::path folder = trained("keep");
  CHECK(names_in(folder) == std::set<std::string>{"best", "step-00000009", "step-00000012"});
  CHECK(names_in(folder / "best") == std::set<std::string>{"model.safetensors", "optimizer.safetensors", "state.json"});
  const auto last = find_last(folder);
  REQUIRE(last);
  CHECK(last->state.step == 12);
  CHECK(last->state.tokens == 12 * 4 * kLength);
  const auto best = find_best(folder);
  REQUIRE(best);
  CHECK(best->state.step == last->state.best_step);
  CHECK(best->state.best_loss == last->state.best_loss);
}

TEST_CASE("what the caller keeps beside a checkpoint comes back") {
  const fs::path folder = fresh_folder("extra");
  TinyModel model(1);
  const TinyTask task;
  Recorder recorder;
  int64_t calls = 0;
  Trainer trainer(model, task, tiny_config(), kLength, Random(9), folder, [&] {
    return std::map<std::string, std::string>{{"metrics_bytes", std::to_string(++calls)}, {"config", "a: \"ü\"\n"}};
  });
  run(trainer, recorder);
  Trainer again(model, task, tiny_config(), kLength, Random(9), folder);
  const auto state = again.resume();
  REQUIRE(state);
  CHECK(state->extra.at("metrics_bytes") == std::to_string(calls));
  CHECK(state->extra.at("config") == "a: \"ü\"\n");
  CHECK(recorder.saves.size() == static_cast<size_t>(calls));
}

TEST_CASE("a damaged checkpoint is passed over for an older one") {
  const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> damages{
      {"one byte changed", [](const fs::path& path) { flip_byte(path, fs::file_size(path) / 2); }},
      {"truncated", [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }},
      {"missing", [](const fs::path& path) { fs::remove(path); }}};
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    for (const auto& [how, damage] : damages) {
      CAPTURE(file, how);
      const fs::path folder = trained("damaged");
      damage(checkpoint_path(folder, 12) / file);
      CHECK_THROWS_AS(open_checkpoint(checkpoint_path(folder, 12)), Error);
      CHECK(find_last(folder)->state.step == 9);
      CHECK(resume_refusal(folder, tiny_config()).empty());
    }
  }
}

TEST_CASE("no truncation and no changed byte of state.json goes unnoticed") {
  const fs::path folder = checkpoint_path(trained("state"), 12);
  const std::string whole = read_file(folder / "state.json");
  for (size_t i = 0; i + 1 < whole.size(); i += 3) {
    CAPTURE(i);
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 2);
    write_file(folder / "state.json", changed);
    REQUIRE_THROWS_AS(open_checkpoint(folder), Error);
    write_file(folder / "state.json", whole.substr(0, i));
    REQUIRE_THROWS_AS(open_checkpoint(folder), Error);
  }
}

TEST_CASE("a checkpoint of another run is refused with what differs") {
  const fs::path folder = trained("other");
  CHECK(resume_refusal(folder, tiny_config()).empty());
  CHECK_THAT(resume_refusal(folder, tiny_config(), 10), Catch::Contains("trained with another seed"));
  CHECK_THAT(resume_refusal(folder, tiny_config(), 9, 16), Catch::Contains("trained at length 8, this run wants 16"));
  CHECK_THAT(resume_refusal(folder, tiny_config("lion")), Catch::Contains("another train.optimizer.name"));
  TrainConfig config = tiny_config();
  config.validate.windows = 7;
  CHECK_THAT(resume_refusal(folder, config), Catch::Contains("another train.validate.windows"));
  config = tiny_config();
  config.budget.steps = 20;
  config.checkpoint.keep = 5;
  CHECK(resume_refusal(folder, config).empty());
}

TEST_CASE("a checkpoint of another model is refused with the first difference") {
  struct WiderModel final : Model {
    WiderModel() {
      register_parameter("embed", at::zeros({kVocabulary, kWidth}));
      register_parameter("mix", at::zeros({kWidth, 2 * kWidth}));
      register_parameter("gain", at::ones({kWidth}));
      register_parameter("head", at::zeros({kWidth, kVocabulary}));
      register_parameter("bias", at::zeros({kVocabulary}));
      register_buffer("scale", at::zeros({}));
    }
    Tensor hidden(const Batch&, Memories*) override { return {}; }
    Tensor readout(const Tensor& x) override { return x; }
    int64_t vocabulary() const override { return kVocabulary; }
  } model;
  const fs::path folder = trained("model");
  CHECK_THROWS_WITH(load_weights(checkpoint_path(folder, 12), model),
                    Catch::Contains("has 'mix' [6,6] f32, the model wants [6,12] f32"));
  write_file(folder / "step-00000012/state.json", "{}");
  CHECK_THROWS_WITH(load_weights(checkpoint_path(folder, 12), model),
                    Catch::Contains("is not the state of an lx checkpoint"));
  CHECK_THROWS_WITH(load_weights(folder / "nothing", model), Catch::Contains("No such file"));
}

TEST_CASE("a checkpoint that cannot be written leaves the older ones whole") {
  const fs::path folder = trained("full");
  TinyModel model(1);
  const TinyTask task;
  TrainConfig config = tiny_config();
  config.budget.steps = 30;
  Trainer trainer(model, task, config, kLength, Random(9), folder);
  REQUIRE(trainer.resume());
  Recorder recorder;
  const std::set<std::string> before = names_in(folder);

  struct rlimit old_limit {};
  ::getrlimit(RLIMIT_FSIZE, &old_limit);
  struct rlimit small = old_limit;
  small.rlim_cur = 700;  // bytes: a disk that is full in the middle of a file
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    run(trainer, recorder);
  } catch (const Error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);

  CHECK_THAT(message, Catch::Contains("could not be saved") && Catch::Contains("File too large") &&
                          Catch::Contains("older checkpoints are untouched"));
  CHECK(names_in(folder) == before);
  CHECK(find_last(folder)->state.step == 12);
  CHECK(find_best(folder));
}

TEST_CASE("a folder that cannot be made is one sentence") {
  const fs::path file = fresh_folder("readonly") / "file";
  write_file(file, "not a folder");
  TinyModel model(1);
  const TinyTask task;
  Trainer trainer(model, task, tiny_config(), kLength, Random(9), file / "checkpoints");
  Recorder recorder;
  CHECK_THROWS_WITH(run(trainer, recorder), Catch::Contains("could not be saved (cannot make the folder"));
}
