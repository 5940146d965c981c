// Laws of defaults lists: groups, order, overrides, options, packages. What is merged, and every message.
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

std::string list_of(const Composition& composition) {
  std::string out;
  for (const std::string& line : composition.defaults) out += line + "; ";
  return out;
}

}  // namespace

TEST_CASE("a group's content lands in the package of the group, nested ones below their parents") {
  const ConfigFolder folder(laboratory());
  CHECK(
      folder.json() ==
      R"({"model": {"width": 64, "layers": 2}, "position": {"base": 10000, "kind": "rope"}, "train": {"optim": {"name": "adam", "lr": 0.1}, "steps": 10}, "seed": 1})");
  CHECK(folder.run().choices ==
        std::map<std::string, std::string>{
            {"model", "small"}, {"position", "rope"}, {"train", "short"}, {"train/optim", "adam"}});
  CHECK(list_of(folder.run()) ==
        "model/small @ model; position/rope @ position; train/optim/adam @ train.optim; train/short @ train; run @ "
        "_global_; ");
}

TEST_CASE("a command line chooses options of groups, whatever the order of typing") {
  const ConfigFolder folder(laboratory());
  const Composition run = folder.run({"model.width=7", "model=large", "train/optim=sgd"});
  CHECK(to_json(*run.config.find("model")) == R"({"width": 7, "layers": 8})");
  CHECK(to_json(*run.config.find("train")) == R"({"optim": {"name": "sgd"}, "steps": 10})");
  CHECK(run.choices.at("train/optim") == "sgd");
}

TEST_CASE("_self_ says where a file's own content merges; without it the file wins over its defaults") {
  const Files base = {{"g/a", "x: 1\ny: 1\n"}};
  const auto json = [&](const std::string& run) { return ConfigFolder(with(base, {{"run", run}})).json(); };
  CHECK(json("defaults: [_self_, g: a]\ng: {x: 2}") == R"({"g": {"x": 1, "y": 1}})");
  CHECK(json("defaults: [g: a, _self_]\ng: {x: 2}") == R"({"g": {"x": 2, "y": 1}})");
  CHECK(json("defaults: [g: a]\ng: {x: 2}") == R"({"g": {"x": 2, "y": 1}})");
  CHECK(json("g: {x: 2}") == R"({"g": {"x": 2}})");
  CHECK(json("defaults: []\ng: {x: 2}") == R"({"g": {"x": 2}})");
  const ConfigFolder twice(Files{{"run", "defaults: [_self_, _self_]\na: 1"}});
  CHECK(contains(twice.error(), "Duplicate _self_ defined in run"));
}

TEST_CASE("plain entries load files; their folder is their package") {
  const ConfigFolder folder(Files{{"run", "defaults: [base, db/schema, sub/deep/x]\n"},
                                  {"base", "b: 1"},
                                  {"db/schema", "port: 1"},
                                  {"sub/deep/x", "defaults: [y]\nx: 1"},
                                  {"sub/deep/y", "y: 2"}});
  CHECK(folder.json() == R"({"b": 1, "db": {"port": 1}, "sub": {"deep": {"y": 2, "x": 1}}})");
  CHECK(contains(folder.error({"db=other"}), "Could not override 'db'. No match in the defaults list."));
}

TEST_CASE("groups in a list are relative to its file; a leading slash makes the path absolute, not the package") {
  const ConfigFolder folder(
      Files{{"run", "defaults: [stack: base]"},
            {"stack/base", "defaults: [pe: rope, /position: alibi, /norm@_global_.norm: rms]\ns: 1"},
            {"stack/pe/rope", "r: 1"},
            {"position/alibi", "a: 1"},
            {"norm/rms", "n: 1"}});
  CHECK(folder.json() == R"({"stack": {"pe": {"r": 1}, "position": {"a": 1}, "s": 1}, "norm": {"n": 1}})");
  CHECK(folder.run().choices ==
        std::map<std::string, std::string>{
            {"stack", "base"}, {"stack/pe", "rope"}, {"position@stack.position", "alibi"}, {"norm", "rms"}});
}

TEST_CASE(
    "override lines replace choices anywhere; command line beats outer file beats inner file, and later siblings win") {
  const Files files =
      with(laboratory(),
           {{"experiment/sgd",
             "# @package _global_\ndefaults:\n- override /train/optim: sgd\n- override /model: large\nseed: 5\n"},
            {"experiment/adam", "# @package _global_\ndefaults:\n- override /train/optim: adam\nseed: 6\n"},
            {"train/inner", "defaults:\n- optim: adam\n- override optim: sgd\nsteps: 3\n"}});
  const ConfigFolder folder(files);
  CHECK(
      to_json(folder.run({"+experiment=sgd"}).config) ==
      R"({"model": {"width": 512, "layers": 8}, "position": {"base": 10000, "kind": "rope"}, "train": {"optim": {"name": "sgd"}, "steps": 10}, "seed": 5})");
  CHECK(folder.run({"+experiment=sgd", "train/optim=adam"}).choices.at("train/optim") == "adam");
  CHECK(folder.run({"+experiment=[sgd,adam]"}).choices.at("train/optim") == "adam");
  CHECK(folder.run({"+experiment=[adam,sgd]"}).choices.at("train/optim") == "sgd");
  CHECK(folder.run({"+experiment=[adam,sgd]"}).config.find("seed")->integer() == 5);
  CHECK(folder.run({"train=inner"}).choices.at("train/optim") == "sgd");
  CHECK(folder.run({"train=inner", "+experiment=adam"}).choices.at("train/optim") == "adam");
}

TEST_CASE("misplaced and unmatched override lines are refused") {
  const auto error = [](const std::string& run, const std::vector<std::string>& overrides = {}) {
    return ConfigFolder(with(laboratory(), {{"run", run}})).error(overrides);
  };
  CHECK(contains(error("defaults:\n- override model: large\n- model: small"),
                 "run.yaml:2:3: In run: Override 'model : large' is defined before 'model: small'.\nOverrides must "
                 "be at the end of the defaults list"));
  CHECK(contains(error("defaults: [model: small, override modle: large]"),
                 "In 'run': Could not override 'modle'. No match in the defaults list. Did you mean 'model'?"));
  CHECK(contains(error("defaults: [model@a: small, override model: large]"),
                 "Could not override 'model'.\nDid you mean to override model@a?"));
  CHECK(contains(error("defaults: [model@a: small, model@b: small]", {"model=large"}),
                 "Did you mean to override one of model@a, model@b?"));
  CHECK(contains(error("defaults: [model: small]", {"position=rope"}),
                 "override 'position=rope': Could not override 'position'. No match in the defaults list.\nTo append "
                 "to your default list use +position=rope"));
  CHECK(contains(ConfigFolder(with(laboratory(), {{"train/global", "defaults: [override /model: large]"}}))
                     .error({"train=global"}),
                 "In 'train/global': Could not override 'model@train.model'.\nDid you mean to override model?"));
}

TEST_CASE("optional entries may be absent, null waits for a choice, ??? demands one") {
  const ConfigFolder optional(
      Files{{"run", "defaults: [model: small, optional tuned: '${model}_best', optional none: x]\n"},
            {"model/small", "w: 1"},
            {"model/large", "w: 2"},
            {"tuned/large_best", "lr: 3"}});
  CHECK(optional.json() == R"({"model": {"w": 1}})");
  CHECK(optional.json({"model=large"}) == R"({"model": {"w": 2}, "tuned": {"lr": 3}})");

  const ConfigFolder null(Files{{"run", "defaults: [machine: null]\nx: 1"}, {"machine/big", "cores: 8"}});
  CHECK(null.json() == R"({"x": 1})");
  CHECK(null.run().choices.at("machine") == "null");
  CHECK(null.json({"machine=big"}) == R"({"machine": {"cores": 8}, "x": 1})");

  const ConfigFolder demand(
      Files{{"run", "defaults:\n- machine: ???\n"}, {"machine/big", "cores: 8"}, {"machine/tiny", "cores: 1"}});
  CHECK(contains(demand.error(),
                 "run.yaml:2:3: You must specify 'machine', e.g, machine=<OPTION>\nAvailable options:\n\tbig\n\ttiny"));
  CHECK(demand.json({"machine=tiny"}) == R"({"machine": {"cores": 1}})");
}

TEST_CASE("a list of options loads all of them in order, and can be replaced or deleted") {
  const ConfigFolder folder(Files{{"run", "defaults: [eval: [ppl, passkey]]"},
                                  {"eval/ppl", "a: 1\nboth: ppl"},
                                  {"eval/passkey", "b: 2\nboth: passkey"},
                                  {"eval/needle", "c: 3"}});
  CHECK(folder.json() == R"({"eval": {"a": 1, "both": "passkey", "b": 2}})");
  CHECK(folder.run().choices.at("eval") == "[ppl, passkey]");
  CHECK(folder.json({"eval=[needle]"}) == R"({"eval": {"c": 3}})");
  CHECK(folder.json({"eval=needle"}) == R"({"eval": {"c": 3}})");
  CHECK(folder.json({"eval=[]"}) == "{}");
  CHECK(folder.json({"~eval"}) == "{}");
  CHECK(contains(folder.error({"eval=[ppl,needel]"}), "Could not find 'eval/needel'; did you mean 'needle'?"));
  CHECK(contains(folder.error({"eval=[1]"}), "a list of options must hold strings. Got int"));
  CHECK(contains(ConfigFolder(Files{{"run", "defaults: [eval: ['${a}']]"}}).error(),
                 "Defaults List interpolation is not supported in options list items"));
}

TEST_CASE("options may refer to the final choices of other groups") {
  const ConfigFolder folder(
      Files{{"run",
             "defaults: [joint: '${model}_${train/optim}_${model@probe}', model: small, model@probe: large, train: t]"},
            {"model/small", "w: 1"},
            {"model/large", "w: 2"},
            {"train/t", "defaults: [optim: adam]"},
            {"train/optim/adam", "l: 1"},
            {"joint/small_adam_large", "j: 1"},
            {"joint/large_adam_large", "j: 2"}});
  CHECK(folder.run().config.find("joint.j")->integer() == 1);
  CHECK(folder.run({"model=large"}).config.find("joint.j")->integer() == 2);
  CHECK(folder.run({"joint=small_adam_large"}).choices.at("joint") == "small_adam_large");
  CHECK(contains(ConfigFolder(Files{{"run", "defaults: [a: x, b: '${c}']"}, {"a/x", ""}}).error(),
                 "In 'run': Error resolving interpolation '${c}', possible interpolation keys: a"));
  const ConfigFolder overriding(
      Files{{"run", "defaults: [a: x, b: '${a}']"}, {"a/x", ""}, {"b/x", "defaults: [override /a: x]"}});
  CHECK(contains(overriding.error(),
                 "Default List Overrides are not allowed in the subtree\nof an interpolated config group"));
}

TEST_CASE("the same group twice is refused, under two packages it is fine") {
  const Files files = {{"m/a", "x: 1"}, {"m/b", "x: 2"}};
  const auto folder = [&](const std::string& run) { return ConfigFolder(with(files, {{"run", run}})).error(); };
  CHECK(contains(folder("defaults: [m: a, m: b]"), "Multiple values for m. To override a value use 'override m: b'"));
  CHECK(contains(folder("defaults: [m: a, m: a]"), "m appears more than once in the final defaults list"));
  CHECK(ConfigFolder(with(files, {{"run", "defaults: [m@p.left: a, m@right: b]"}})).json() ==
        R"({"p": {"left": {"x": 1}}, "right": {"x": 2}})");
}

}  // namespace lx::config
