// The name of a run changes with what can change its numbers, and with nothing else; every ready configuration is
// sound.
#include "base/error.h"
#include "catch.h"
#include "config/compose.h"
#include "experiment/run_config.h"
#include "experiment/run_folder.h"

#include <fstream>
#include <unistd.h>

using namespace lx;

namespace {

struct Configs {
  const fs::path root = "configs";

  ResolvedRun run(std::vector<std::string> overrides) const {
    return make_run_config(
        {.search_path = {fs::absolute(root)}, .config_name = "run", .overrides = std::move(overrides)});
  }
  std::string id(std::vector<std::string> overrides, const std::string& data = "d") const {
    return run_id(run(std::move(overrides)).resolved, data);
  }
};

}  // namespace

TEST_CASE_METHOD(Configs, "a run is named by what can change its numbers") {
  const std::string plain = id({});
  CHECK(plain.size() == 16);
  for (const char* same : {"output=/elsewhere", "experiment=other", "train.log_every=7", "train.checkpoint.every=3"}) {
    INFO(same);
    CHECK(id({same}) == plain);
  }
  for (const char* other :
       {"seed=1", "length=64", "train.budget.steps=9", "encoding=hwfa", "eval.windows=3", "model.width=64",
        "train.optimizer.lr=0.1", "runtime.threads=1", "eval.variants.pi=[{pi: {factor: 2}}]"}) {
    INFO(other);
    CHECK(id({other}) != plain);
  }
  CHECK(id({}, "other data") != plain);
  CHECK(id({"seed=1", "length=64"}) == id({"length=64", "seed=1"}));
}

TEST_CASE_METHOD(Configs, "every ready option of every group resolves and passes its checks") {
  for (const char* group :
       {"model", "encoding", "data", "train", "eval", "runtime", "train/optimizer", "train/schedule"}) {
    const auto all = config::options({root}, group);
    CHECK_FALSE(all.empty());
    for (const std::string& option : all) {
      INFO(group << "=" << option);
      CHECK_NOTHROW(run({std::string(group) + "=" + option}));
    }
  }
}

TEST_CASE_METHOD(Configs, "lengths follow N") {
  const RunConfig config = run({"length=64"}).config;
  CHECK(config.eval.lengths == std::vector<int64_t>{64, 128, 256, 512});
}

TEST_CASE_METHOD(Configs, "an experiment file is laid over the default one, and the command line over both") {
  const fs::path folder = fs::temp_directory_path() / ("lx-experiment-" + std::to_string(::getpid())) / "mine";
  fs::create_directories(folder);
  std::ofstream(folder / "short.yaml")
      << "defaults:\n  - override /encoding: nope\nexperiment: mine\nlength: 32\nseed: 4\n";
  const ResolvedRun mine = run({(folder / "short.yaml").string(), "seed=9"});
  CHECK(mine.config.experiment == "mine");
  CHECK(mine.config.length == 32);
  CHECK(mine.config.seed == 9);
  CHECK(mine.config.encoding.find("stack")->list().empty());
  CHECK_THROWS_AS(run({(folder / "absent.yaml").string()}), Error);
  fs::remove_all(folder.parent_path());
}

TEST_CASE("a run is found by folder, by the start of its id, or as the last one") {
  const fs::path root = fs::temp_directory_path() / ("lx-runs-" + std::to_string(::getpid()));
  for (const char* name : {"a/1111aaaa", "a/1122bbbb", "b/3333cccc"}) {
    fs::create_directories(root / name);
    std::ofstream(root / name / "config.yaml") << "seed: 1\n";
  }
  CHECK(find_run("33", root.string()).path == root / "b/3333cccc");
  CHECK(find_run((root / "a/1122bbbb").string(), root.string()).path == root / "a/1122bbbb");
  CHECK_NOTHROW(find_run("last", root.string()));
  CHECK_THROWS_WITH(find_run("11", root.string()), Catch::Contains("fits 2 runs"));
  CHECK_THROWS_WITH(find_run("9", root.string()), Catch::Contains("there is no run '9'"));
  fs::remove_all(root);
}
