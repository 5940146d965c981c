// Batches made ahead are the batches made when asked for, and what goes wrong is said at the same step.
#include "base/error.h"
#include "catch.h"
#include "tensor/machine.h"
#include "tiny.h"
#include "train/batch_ahead.h"

#include <ATen/Parallel.h>

using namespace lx;

namespace {

StepBatches numbered(int64_t step) {
  require(step != 3, "step 3 cannot be made");
  StepBatches batches;
  batches.passes.push_back({.tokens = at::full({2, 3}, step, at::kLong)});
  batches.judged = 10 * step;
  return batches;
}

}  // namespace

TEST_CASE("batches come in the order they are asked for, with a helper or without, also after a jump") {
  for (const bool helper : {false, true}) {
    BatchAhead ahead(numbered, helper);
    for (const int64_t step : {0, 1, 2, 7, 8, 5}) {
      const StepBatches batches = ahead.take(step, true);
      CHECK(batches.judged == 10 * step);
      CHECK(batches.passes.at(0).tokens[1][2].item<int64_t>() == step);
    }
  }
}

TEST_CASE("an error in making a batch is thrown when its step is asked for, and not before") {
  for (const bool helper : {false, true}) {
    BatchAhead ahead(numbered, helper);
    CHECK(ahead.take(2, true).judged == 20);
    CHECK_THROWS_WITH(ahead.take(3, true), "step 3 cannot be made");
    CHECK(ahead.take(4, false).judged == 40);
  }
}

TEST_CASE("a helper that nobody asks again ends with its owner") {
  BatchAhead busy(numbered, true);
  busy.take(2, true);  // is making step 3, whose error nobody will see
}

TEST_CASE("a helper starts no threads of its own, and leaves those of the others as they are") {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  int inside = 0;
  std::thread([&] {
    use_one_thread_here();
    inside = at::get_num_threads();
  }).join();
  CHECK(inside == 1);
  CHECK(at::get_num_threads() == 2);
  int later = 0;
  std::thread([&] { later = at::get_num_threads(); }).join();
  CHECK(later == 2);
  at::set_num_threads(before);
}

TEST_CASE("training reads the same batches on one thread and on two") {
  const int before = at::get_num_threads();
  std::map<int64_t, uint64_t> losses;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    tiny::TinyModel model(1);
    const tiny::TinyTask task;
    TrainConfig config = tiny::tiny_config();
    config.accumulate = 2;
    Trainer trainer(model, task, config, tiny::kLength, Random(4), tiny::fresh_folder("ahead"));
    tiny::Recorder recorder;
    CHECK(tiny::run(trainer, recorder) == Outcome::finished);
    if (threads == 1) losses = recorder.losses;
    CHECK(recorder.losses == losses);
  }
  at::set_num_threads(before);
}
