// Laws of the hydra node: built in, changed by files and the command line, and seen by the configuration.
#include "unit/config/helpers.h"

#include <cstdlib>

namespace lx::config {

namespace {

struct HydraFolder {
  explicit HydraFolder(const std::string& primary, const Files& more = {})
      : folder(with(Files{{"run", primary}, {"model/small", "w: 1"}, {"model/large", "w: 2"}}, more)) {}
  ConfigFolder folder;

  std::string value(const std::string& key, const std::vector<std::string>& overrides = {}) const {
    return to_json(resolve_hydra(folder.run(overrides), key));
  }
  std::string config(const std::vector<std::string>& overrides = {}) const {
    return to_json(resolve_config(folder.run(overrides)));
  }
  std::string error(const std::vector<std::string>& overrides = {}) const {
    return error_of([&] { resolve(folder.run(overrides)); });
  }
};

}  // namespace

TEST_CASE("the hydra node has Hydra's defaults and stays out of the configuration") {
  const HydraFolder h("seed: 1");
  CHECK(h.config() == R"({"seed": 1})");
  const Composition run = h.folder.run();
  CHECK(run.hydra.find("run.dir")->string() == "outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}");
  CHECK(run.hydra.find("sweep.subdir")->string() == "${hydra.job.num}");
  CHECK(run.hydra.find("output_subdir")->string() == ".hydra");
  CHECK(run.hydra.find("mode")->is_null());
  CHECK(run.hydra.find("sweeper.params")->is_null());
  CHECK(run.hydra.find("runtime.output_dir")->is_missing());
  CHECK(run.hydra.find("job.num")->is_missing());
  CHECK(run.hydra.find("job.name")->string() == "lx");
  CHECK(run.hydra.find("job.config_name")->string() == "run");
  CHECK(!run.hydra.find("env"));
  CHECK(run.defaults == std::vector<std::string>{"run @ _global_"});
  CHECK(run.choices.empty());
}

TEST_CASE("files, experiments and the command line set the hydra node, in this order") {
  const HydraFolder h("seed: 1\nhydra: {run: {dir: a}, job: {name: n}}",
                      {{"experiment/e",
                        "# @package _global_\ndefaults: [override /hydra/launcher: joblib]\n"
                        "hydra: {sweep: {dir: b}}"}});
  CHECK(h.value("run.dir") == R"("a")");
  CHECK(h.value("job.name") == R"("n")");
  CHECK(h.value("sweep.dir", {"+experiment=e"}) == R"("b")");
  CHECK(h.value("launcher", {"+experiment=e"}) == R"({"n_jobs": -1})");
  CHECK(h.value("launcher", {"+experiment=e", "hydra/launcher=basic"}) == "{}");
  CHECK(h.value("run.dir", {"hydra.run.dir=c/${seed}"}) == R"("c/1")");
  CHECK(h.value("launcher.n_jobs", {"hydra/launcher=joblib", "hydra.launcher.n_jobs=3"}) == "3");
  CHECK(h.value("job_logging", {"hydra/job_logging=none"}) == R"({"root": null})");
}

TEST_CASE("a primary config may override groups of hydra") {
  const HydraFolder h(
      "defaults: [model: small, _self_, override hydra/launcher: joblib, override hydra/sweeper: basic]");
  CHECK(h.value("runtime.choices") ==
        R"({"hydra/callbacks": null, "hydra/env": "default", "hydra/help": "default", "hydra/hydra_help": "default", )"
        R"("hydra/hydra_logging": "default", "hydra/job_logging": "default", "hydra/launcher": "joblib", )"
        R"("hydra/output": "default", "hydra/sweeper": "basic", "model": "small"})");
}

TEST_CASE("unknown keys and wrong types of the hydra node are refused where they stand") {
  const auto error = [](const std::string& text) { return HydraFolder(text).error(); };
  CHECK(contains(error("hydra:\n  foo: 1"),
                 "run.yaml:2:3: In 'run': Key 'foo' not in 'HydraConf'\n    full_key: hydra.foo"));
  CHECK(contains(error("hydra: {run: {dri: 1}}"), "Key 'dri' not in 'hydra.run'; did you mean 'dir'?"));
  CHECK(contains(error("hydra: {launcher: {n_jobs: 1}}"), "Key 'n_jobs' not in 'hydra.launcher'"));
  CHECK(contains(error("hydra: 3"), "'hydra' is not a dict: 3"));
  CHECK(contains(error("hydra: {mode: SWEEP}"), "Invalid value 'SWEEP', expected one of [RUN, MULTIRUN]"));
  CHECK(contains(error("hydra: {job: {num: x}}"), "Value 'x' of type 'str' could not be converted to Integer"));
  CHECK(contains(error("hydra: {run: {dir: null}}"), "field 'hydra.run.dir' is not Optional"));
  CHECK(contains(error("hydra: {searchpath: 3}"), "hydra.searchpath must be a list of strings. Got: 3"));
  const HydraFolder h("seed: 1");
  CHECK(contains(
      h.error({"hydra.foo=1"}),
      "Could not override 'hydra.foo'.\nTo append to your config use +hydra.foo=1\nKey 'foo' is not in struct"));
  CHECK(contains(h.error({"+hydra.foo=1"}), "Key 'foo' not in 'HydraConf'"));
  CHECK(contains(h.error({"hydra.job.chdir=abc"}),
                 "Error merging override hydra.job.chdir=abc\nValue 'abc' of type 'str'"));
  CHECK(contains(h.error({"~hydra.verbose"}), "Error merging override ~hydra.verbose"));
  CHECK(contains(
      h.error({"hydra/launcher=joblibb"}),
      "In 'hydra/config': Could not find 'hydra/launcher/joblibb'; did you mean 'joblib'?\n\nAvailable options in "
      "'hydra/launcher':\n\tbasic\n\tjoblib\n"));
  CHECK(contains(h.error({"hydra.run.dir=${nothing}"}), "Interpolation key 'nothing' not found"));
}

TEST_CASE("text is taken for what the hydra node wants, and open dicts take new keys") {
  const HydraFolder h("seed: 1");
  CHECK(h.value("run.dir", {"hydra.run.dir=3"}) == R"("3")");
  CHECK(h.value("job.chdir", {"hydra.job.chdir=yes"}) == "true");
  CHECK(h.value("mode", {"hydra.mode=RunMode.RUN"}) == R"("RUN")");
  CHECK(h.value("sweeper.params", {"+hydra.sweeper.params.seed='1,2'"}) == R"({"seed": "1,2"})");
  CHECK(h.value("job.env_set", {"+hydra.job.env_set.A=1"}) == R"({"A": "1"})");
  CHECK(h.value("job.env_set", {"+hydra.job.env_set.A=1", "~hydra.job.env_set.A"}) == "{}");
  CHECK(contains(h.error({"hydra.job.env_set.A=1"}), "To append to your config use +hydra.job.env_set.A=1"));
  CHECK(h.value("callbacks", {"+hydra.callbacks.save.every=2"}) == R"({"save": {"every": 2}})");
  ::setenv("LX_TEST_COPIED", "text", 1);
  CHECK(h.value("job.env_set", {"hydra.job.env_copy=[LX_TEST_COPIED]"}) == R"({"LX_TEST_COPIED": "text"})");
  CHECK(contains(h.error({"hydra.job.env_copy=[LX_TEST_NOT_THERE]"}), "'LX_TEST_NOT_THERE' is not set"));
}

TEST_CASE("the configuration sees the hydra node, and the other way round") {
  const HydraFolder h(
      "defaults: [model: small, _self_]\nn: ${hydra:job.num}\nc: ${hydra:runtime.choices.model}\nseed: 4\n"
      "d: ${hydra:job.override_dirname}\nhydra: {run: {dir: '${hydra.job.name}/${seed}/${model.w}'}}");
  ComposeRequest request{{h.folder.path()}, "run", {"seed=5", "model=large", "hydra.job.name=me"}};
  request.job_num = 3;
  const ResolvedComposition all = [&] {
    Composition run = compose(request);
    run.hydra.set("runtime.output_dir", Node("out"));
    return resolve(run);
  }();
  CHECK(to_json(all.config) == R"({"model": {"w": 2}, "n": 3, "c": "large", "seed": 5, "d": "model=large,seed=5"})");
  CHECK(all.hydra.find("run.dir")->string() == "me/5/2");
  CHECK(all.hydra.find("sweep.subdir")->string() == "3");
  CHECK(all.hydra.find("job.id")->string() == "3");
  CHECK(to_json(*all.hydra.find("overrides")) ==
        R"({"hydra": ["hydra.job.name=me"], "task": ["seed=5", "model=large"]})");
  CHECK(contains(h.error(), "Missing mandatory value: hydra:job.num"));
  CHECK(contains(HydraFolder("a: ${hydra:job.nmae}").error(),
                 "Interpolation key 'hydra:job.nmae' not found; did you mean 'name'?"));
  CHECK(contains(HydraFolder("a: ${hydra.job.name}").error(), "the hydra node is reached as ${hydra:job.name}"));
}

TEST_CASE("what was typed names the folder of a job") {
  const HydraFolder h("seed: 1\nlr: 2\nn: 3\nname: ${hydra_override_dirname:}");
  CHECK(h.value("job.override_dirname", {"seed=5", "lr=0.1"}) == R"("lr=0.1,seed=5")");
  CHECK(h.config({"seed=5"}) == R"({"seed": 5, "lr": 2, "n": 3, "name": "seed=5"})");
  const std::string style = "hydra.job.config.override_dirname.";
  CHECK(h.value("job.override_dirname", {"seed=5", "lr=0.1", "n=7", style + "kv_sep=-", style + "item_sep=_",
                                         style + "exclude_keys=[seed]"}) == R"("lr-0.1_n-7")");
  CHECK(h.value("job.override_dirname", {"lr=${seed}"}) == R"("lr=1")");
  CHECK(to_json(*h.folder.run({"lr=${seed}"}).hydra.find("overrides.task")) == R"(["lr=${seed}"])");
  CHECK(contains(error_of([] {
                   resolve_config(ConfigFolder(Files{{"run", "a: '${hydra_override_dirname:{kv: x}}'"}}).run());
                 }),
                 "hydra_override_dirname has no option 'kv'"));
}

TEST_CASE("hydra.searchpath adds folders behind the others, from the primary config or the command line only") {
  const ConfigFolder more(Files{{"model/huge", "w: 9"}, {"model/small", "w: 8"}});
  const std::string path = more.path().string();
  const HydraFolder h("defaults: [model: small, _self_]\nhydra: {searchpath: ['file://" + path + "']}");
  CHECK(h.config({"model=huge"}) == R"({"model": {"w": 9}})");
  CHECK(h.config() == R"({"model": {"w": 1}})");
  CHECK(h.folder.run().search_path.size() == 2);
  const HydraFolder plain("defaults: [model: small, _self_]",
                          {{"experiment/e", "# @package _global_\nhydra: {searchpath: [x]}"}});
  CHECK(plain.config({"model=huge", "hydra.searchpath=[" + path + "]"}) == R"({"model": {"w": 9}})");
  CHECK(contains(plain.error({"+experiment=e"}),
                 "In 'experiment/e': Overriding hydra.searchpath is only supported from the primary config"));
  CHECK(contains(plain.error({"hydra.searchpath=[pkg://x]"}), "'pkg://x' is not a folder"));
  CHECK(contains(plain.error({"hydra.searchpath=[1]"}), "hydra.searchpath must be a list of strings. Got: 1"));
  CHECK(plain.config({"hydra.searchpath=[/not/there]"}) == R"({"model": {"w": 1}})");  // with a warning
}

TEST_CASE("what is common to the jobs of a sweep is composed without its sweeps") {
  const HydraFolder h("defaults: [model: \"?\?\?\", _self_]\nseed: 1\nhydra: {mode: MULTIRUN}");
  ComposeRequest request{{h.folder.path()}, "run", {"model=small,large", "seed=1,2"}, ComposeMode::multirun};
  const Composition common = compose(request);
  CHECK(to_json(common.config) == R"({"seed": 1})");
  CHECK(common.hydra.find("mode")->string() == "MULTIRUN");
  CHECK(contains(h.error(), "You must specify 'model', e.g, model=<OPTION>\nAvailable options:\n\tlarge\n\tsmall"));
  request.overrides = {"hydra.run.dir=a,b"};
  CHECK(contains(error_of([&] { compose(request); }),
                 "Sweeping over Hydra's configuration is not supported : 'hydra.run.dir=a,b'"));
  request.overrides = {"hydra/launcher=basic,joblib"};
  CHECK(contains(error_of([&] { compose(request); }), "Sweeping over Hydra's configuration is not supported"));
}

TEST_CASE("a job brings no launcher of its own") {
  const HydraFolder h("seed: 1", {{"experiment/e", "# @package _global_\ndefaults: [override /hydra/launcher: joblib]"},
                                  {"experiment/f", "# @package _global_\nhydra: {sweeper: {max_batch_size: 3}}"}});
  const Composition common = h.folder.run();
  CHECK(error_of([&] { check_job_settings(common, h.folder.run({"seed=3"})); }) == "no error");
  CHECK(contains(error_of([&] { check_job_settings(common, h.folder.run({"+experiment=e"})); }),
                 "'hydra/launcher' must be selected before the sweep starts, but a swept job config changed it from "
                 "'basic' to 'joblib'."));
  CHECK(contains(error_of([&] { check_job_settings(common, h.folder.run({"+experiment=f"})); }),
                 "'hydra.sweeper' must be configured before the sweep starts"));
}

}  // namespace lx::config
