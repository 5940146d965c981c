#include "base/error.h"
#include "catch.h"
#include "tiny.h"
#include "train/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sys/wait.h>
#include <thread>

using namespace lx;
using namespace lx::tiny;

namespace {

TrainConfig rich_config(const std::string& optimizer) {
  TrainConfig config = tiny_config(optimizer);
  config.accumulate = 2;
  config.ema = TrainConfig::Average{0.9};
  config.log_every = 2;
  return config;
}

std::string bytes_of(const fs::path& checkpoint) {
  std::string all;
  for (const char* name : {"model.safetensors", "optimizer.safetensors", "ema.safetensors"})
    all += read_file(checkpoint / name);
  return all;
}

const char* const kChildTest = "helper that trains until it is killed";

/// Runs this program's helper test in `folder`; it kills itself after `microseconds` of training or at `step` (0:
/// never).
int run_child(const fs::path& folder, uint64_t microseconds, int64_t step = 0) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("LX_TEST_FOLDER", folder.c_str(), 1);
    ::setenv("LX_TEST_KILL_AFTER", std::to_string(microseconds).c_str(), 1);
    ::setenv("LX_TEST_KILL_STEP", std::to_string(step).c_str(), 1);
    ::execl("/proc/self/exe", "test_unit_train", kChildTest, static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// "step bits" lines: every loss any attempt reported. A line cut by the kill is left out.
std::set<std::string> reported_losses(const fs::path& folder) {
  std::set<std::string> lines;
  for (const std::string& line : split(read_file(folder / "losses"), '\n'))
    if (line.ends_with(';')) lines.insert(line);
  return lines;
}

}  // namespace

TEST_CASE("a run stopped at any step and resumed equals an uninterrupted one, bit for bit") {
  const TinyTask task;
  for (const std::string optimizer : {"adamw", "lion", "tiger"}) {
    const fs::path whole_folder = fresh_folder("whole");
    TinyModel whole(1);
    Trainer uninterrupted(whole, task, rich_config(optimizer), kLength, Random(9), whole_folder);
    Recorder expected;
    REQUIRE(run(uninterrupted, expected) == Outcome::finished);

    for (const int64_t stop : {2, 4, 10, 12}) {
      CAPTURE(optimizer, stop);
      const int asking = stop == 10 ? SIGUSR1 : stop % 4 == 0 ? SIGTERM : SIGINT;
      const fs::path folder = fresh_folder("parts");
      Recorder heard;
      {
        TinyModel model(1);
        Trainer trainer(model, task, rich_config(optimizer), kLength, Random(9), folder);
        heard.after_step = [&](int64_t step) {
          if (step == stop) std::raise(asking);
        };
        const Outcome outcome = run(trainer, heard);
        CHECK(outcome == (stop == 12 ? Outcome::finished : Outcome::interrupted));
        CHECK(interrupt_signal() == asking);
      }
      heard.after_step = [](int64_t) {};
      TinyModel model(77);  // other weights: all must come from the checkpoint
      Trainer trainer(model, task, rich_config(optimizer), kLength, Random(9), folder);
      const auto resumed = trainer.resume();
      REQUIRE(resumed);
      CHECK(resumed->step == stop);
      CHECK(run(trainer, heard) == Outcome::finished);
      CHECK(heard.losses == expected.losses);
      CHECK(heard.norms == expected.norms);
      CHECK(heard.rates == expected.rates);
      CHECK(heard.valid == expected.valid);
      CHECK(same_weights(model, whole));
      CHECK(bytes_of(checkpoint_path(folder, 12)) == bytes_of(checkpoint_path(whole_folder, 12)));
      CHECK(bytes_of(folder / "best") == bytes_of(whole_folder / "best"));
    }
  }
}

TEST_CASE("an odd step between reports loses nothing of the mean loss") {
  const TinyTask task;
  Recorder expected, heard;
  TrainConfig config = rich_config("adamw");
  config.log_every = 5;
  TinyModel whole(1), first(1), second(2);
  Trainer uninterrupted(whole, task, config, kLength, Random(9), fresh_folder("whole"));
  run(uninterrupted, expected);
  const fs::path folder = fresh_folder("odd");
  struct Stopper final : Observer {
    void on_save(const SaveReport& report) override {
      if (report.step == 3) std::raise(SIGINT);
    }
  } stopper;
  Trainer trainer(first, task, config, kLength, Random(9), folder);
  Observer* const observers[] = {&heard, &stopper};
  CHECK(trainer.run(observers) == Outcome::interrupted);
  Trainer later(second, task, config, kLength, Random(9), folder);
  REQUIRE(later.resume());
  run(later, heard);
  CHECK(heard.losses == expected.losses);
}

TEST_CASE(kChildTest, "[.helper]") {
  const char* folder = std::getenv("LX_TEST_FOLDER");
  if (!folder) return;
  const auto delay = std::strtoull(std::getenv("LX_TEST_KILL_AFTER"), nullptr, 10);
  const auto last_step = std::strtoll(std::getenv("LX_TEST_KILL_STEP"), nullptr, 10);
  const TinyTask task;
  TinyModel model(1);
  TrainConfig config = rich_config("adamw");
  config.budget.steps = 60;
  config.log_every = 1;
  std::ofstream losses(fs::path(folder) / "losses", std::ios::app);
  Recorder recorder;
  recorder.after_step = [&](int64_t step) {
    losses << step << ' ' << recorder.losses.at(step) << ";\n" << std::flush;
    if (step == last_step) ::kill(::getpid(), SIGKILL);
  };
  Trainer trainer(model, task, config, kLength, Random(9), fs::path(folder) / "checkpoints");
  trainer.resume();
  if (delay > 0)
    std::thread([delay] {
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      ::kill(::getpid(), SIGKILL);
    }).detach();
  run(trainer, recorder);
  std::_Exit(0);  // the killer may still sleep
}

TEST_CASE("a run killed at random moments and resumed equals an uninterrupted one, bit for bit") {
  const fs::path whole = fresh_folder("unkilled"), parts = fresh_folder("killed");
  REQUIRE(run_child(whole, 0) == 0);
  Random random(static_cast<uint64_t>(::getpid()));
  CHECK(WIFSIGNALED(run_child(parts, 0, 8)));
  for (int attempt = 0; attempt < 8; ++attempt) run_child(parts, 1 + random.below(60'000));
  REQUIRE(run_child(parts, 0) == 0);
  CHECK(reported_losses(parts) == reported_losses(whole));
  CHECK(bytes_of(checkpoint_path(parts / "checkpoints", 60)) == bytes_of(checkpoint_path(whole / "checkpoints", 60)));
  CHECK(bytes_of(parts / "checkpoints/best") == bytes_of(whole / "checkpoints/best"));
}
