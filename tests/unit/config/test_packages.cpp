// Laws of packages, missing options, malformed lists and the search path.
#include "unit/config/helpers.h"

namespace lx::config {

TEST_CASE("a missing option lists what there is, with a hint, and names both the entry and the choice") {
  const ConfigFolder folder(laboratory());
  const std::string error = folder.error({"position=ropee"});
  CHECK(contains(error,
                 "override 'position=ropee': In 'run': Could not find 'position/ropee'; did you mean "
                 "'rope'?\n\nAvailable options in 'position':\n\talibi\n\trope\nConfig search path:\n\t"));
  CHECK(contains(ConfigFolder(Files{{"run", "defaults: [bas]"}, {"base", ""}}).error(),
                 "In 'run': Could not load 'bas'. Did you mean 'base'?"));
  CHECK(contains(ConfigFolder(Files{{"run", "defaults: [nothing]"}}).error(), "In 'run': Could not load 'nothing'."));
  CHECK(contains(error_of([&] { folder.run({}, "rum"); }),
                 "Cannot find primary config 'rum'. Check that it's in your config search path; did you mean 'run'?"));
  CHECK(folder.run({}, "run.yaml").config == folder.run().config);
  CHECK(options({folder.path()}, "position") == std::vector<std::string>{"alibi", "rope"});
  CHECK(options({folder.path()}, "nothing").empty());
  CHECK(options({folder.path()}, "../x").empty());
}

TEST_CASE("a command line appends after the primary's own content, deletes, and checks its values") {
  const ConfigFolder folder(with(laboratory(), {{"extra/x", "# @package _global_\nseed: 99"}}));
  CHECK(folder.run({"+extra=x"}).config.find("seed")->integer() == 99);
  CHECK(folder.run({"~position"}).config.find("position") == nullptr);
  CHECK(folder.run({"~position=rope"}).config.find("position") == nullptr);
  CHECK(
      contains(folder.error({"~position=alibi"}), "Could not delete 'position=alibi'. No match in the defaults list"));
  CHECK(contains(folder.error({"~extra"}), "Could not delete 'extra'. No match in the defaults list"));
  CHECK(contains(folder.error({"++model=large"}), "force-add of config groups is not supported: '++model=large'"));
  CHECK(contains(folder.error({"model=3"}), "Config group override must be a string or a list. Got int"));
  CHECK(contains(folder.error({"model=null"}), "Config group override must be a string or a list. Got NoneType"));
  CHECK(folder.run({"model={width: 3}"}).config.find("model.width")->integer() == 3);
  CHECK(contains(folder.error({"model=small,large"}), "Ambiguous value for argument 'model=small,large'"));
  CHECK(contains(folder.error({"+model=large"}), "Multiple values for model"));
}

TEST_CASE("packages: keywords, headers, relocation") {
  const ConfigFolder here(Files{{"run", "defaults: [model: big]"},
                                {"model/big", "defaults: [/schema/base@_here_, norm@_here_.n: rms]\nw: 1"},
                                {"schema/base", "s: 1"},
                                {"model/norm/rms", "e: 1"}});
  CHECK(here.json() == R"({"model": {"s": 1, "n": {"e": 1}, "w": 1}})");
  CHECK(ConfigFolder(Files{{"run", "defaults: [a@x.y: b]"}, {"a/b", "defaults: [c: d]\nv: 1"}, {"a/c/d", "u: 2"}})
            .json() == R"({"x": {"y": {"c": {"u": 2}, "v": 1}}})");
  CHECK(ConfigFolder(Files{{"run", "defaults: [a: b]"}, {"a/b", "\n\n#@package p.q\nv: 1"}}).json() ==
        R"({"p": {"q": {"v": 1}}})");
  CHECK(ConfigFolder(Files{{"run", "defaults: [a: b]"}, {"a/b", "# @package _global_\nv: 1"}}).json() == R"({"v": 1})");
  CHECK(ConfigFolder(Files{{"run", "defaults: [a@z: b]"}, {"a/b", "# @package _global_\nv: 1"}}).json() ==
        R"({"z": {"v": 1}})");
  const ConfigFolder nested(Files{{"run", "defaults: [encoder: e]"},
                                  {"encoder/e", "defaults: [attn@left: full, attn@right: full]"},
                                  {"encoder/attn/full", "f: 1"},
                                  {"encoder/attn/local", "l: 1"}});
  CHECK(nested.json({"encoder/attn@encoder.right=local"}) == R"({"encoder": {"left": {"f": 1}, "right": {"l": 1}}})");
  const ConfigFolder lab(laboratory());
  CHECK(to_json(*lab.run({"+position@probe=alibi"}).config.find("probe")) == R"({"kind": "alibi"})");
  CHECK(lab.run({"+position@probe=alibi"}).choices.at("position@probe") == "alibi");
}

TEST_CASE("mistakes in packages and headers are refused") {
  const auto error = [](const std::string& file) {
    return ConfigFolder(Files{{"run", "defaults: [a: b]"}, {"a/b", file}}).error();
  };
  CHECK(contains(error("# a comment\n# @package _global_\nv: 1"),
                 "b.yaml:2:1: the header '# @package' must be the first line of the file"));
  CHECK(contains(error("# @package a b\nv: 1"), "Too many components"));
  CHECK(contains(error("# @package\nv: 1"), "names no package"));
  CHECK(contains(error("defaults: [_self_@x]"), "_self_@PACKAGE is not supported"));
  CHECK(contains(error("defaults: [c@_group_: d]"), "'_group_' is gone since Hydra 1.4"));
  CHECK(contains(error("defaults: ['c@a:b': d]"), "does not name one package"));
  CHECK(
      contains(ConfigFolder(laboratory()).error({"+nothing@x=1"}),
               "Override +nothing@x=1 looks like a config group override, but config group 'nothing' does not exist"));
  CHECK(contains(ConfigFolder(laboratory()).error({"+positio@x=1"}),
                 "config group 'positio' does not exist; did you mean 'position'?"));
}

TEST_CASE("malformed defaults lists each have their message") {
  const auto error = [](const std::string& list) { return ConfigFolder(Files{{"run", "defaults: " + list}}).error(); };
  CHECK(contains(error("3"), "run.yaml:1:11: Invalid defaults list in 'run', defaults must be a list (got int)"));
  CHECK(contains(error("{a: b}"), "defaults must be a list (got mapping)"));
  CHECK(contains(error("[{a: b, c: d}]"), "Too many keys in default item"));
  CHECK(contains(error("[{}]"), "Missing group name"));
  CHECK(contains(error("[3]"), "Unsupported type in defaults : int"));
  CHECK(contains(error("[a: 3]"), "Unsupported item value in defaults : int. Supported: string or list"));
  CHECK(contains(error("[a: {b: c}]"), "Unsupported item value in defaults : dict"));
  CHECK(contains(error("[a: [1]]"), "Unsupported item value in defaults : int, nested list items must be strings"));
  CHECK(contains(error("[a: ../b]"),
                 "In run: Parent traversal ('..') in Defaults List config option paths is not supported ('../b')"));
  CHECK(contains(error("[../b]"),
                 "In run: Parent traversal ('..') in Defaults List config paths is not supported ('../b')"));
  CHECK(contains(ConfigFolder(Files{{"run", "- 1"}}).error(), "a config must be a dict, got a list"));
}

TEST_CASE("folders in an option belong to the group") {
  const ConfigFolder folder(Files{
      {"run", "defaults: [foo: bar/baz]"}, {"foo/bar/baz", "x: 1"}, {"foo/bar/qux", "x: 2"}, {"foo/top", "x: 3"}});
  CHECK(folder.json() == R"({"foo": {"bar": {"x": 1}}})");
  CHECK(folder.json({"foo/bar=qux"}) == R"({"foo": {"bar": {"x": 2}}})");
  CHECK(folder.json({"foo=bar/qux"}) == R"({"foo": {"bar": {"x": 2}}})");
  CHECK(ConfigFolder(Files{{"run", "defaults: [foo: top]"}, {"foo/bar/baz", "x: 1"}, {"foo/top", "x: 3"}})
            .json({"foo=bar/baz"}) == R"({"foo": {"x": 1}})");
}

TEST_CASE("a list that leads back to itself is refused") {
  CHECK(contains(ConfigFolder(Files{{"run", "defaults: [a]"}, {"a", "defaults: [b]"}, {"b", "defaults: [a]"}}).error(),
                 "the defaults lists form a circle: run -> a -> b -> a"));
}

TEST_CASE("the first folder of the search path that has a file wins, and options are the union") {
  const ConfigFolder first(Files{{"run", "defaults: [m: a]"}, {"m/a", "x: 1"}});
  const ConfigFolder second(Files{{"m/a", "x: 2"}, {"m/b", "x: 3"}});
  const std::vector<fs::path> path = {first.path(), second.path()};
  CHECK(to_json(compose({path, "run", {}}).config) == R"({"m": {"x": 1}})");
  CHECK(to_json(compose({path, "run", {"m=b"}}).config) == R"({"m": {"x": 3}})");
  CHECK(options(path, "m") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a file that ends in .yml is refused by name") {
  const ConfigFolder folder(Files{{"run", "defaults: [m: a]"}, {"m/b", ""}});
  write_file(folder.path() / "m/a.yml", "x: 1");
  CHECK(contains(folder.error(), "configurations end in .yaml"));
}

}  // namespace lx::config
