// Laws of defaults lists found by composing the same folders with Hydra: who overrides what, what is deleted, in which
// order things are known, and how configs merge.
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

const Files kGroups = {
    {"m/a", "x: 1"},      {"m/b", "x: 2"},      {"o/a", "y: 1"},   {"o/b", "y: 2"},
    {"m/deep/p", "z: 1"}, {"m/deep/q", "z: 2"}, {"plain", "k: 1"}, {"m/nested", "defaults: [deep: p]"}};

struct Listed {
  explicit Listed(const std::string& defaults, const Files& more = {})
      : folder(with(with(Files{{"run", "defaults: " + defaults}}, kGroups), more)) {}
  ConfigFolder folder;
  std::string json(const std::vector<std::string>& overrides = {}) const { return folder.json(overrides); }
  std::string error(const std::vector<std::string>& overrides = {}) const { return folder.error(overrides); }
};

}  // namespace

TEST_CASE("of two override lines in one list the last counts") {
  CHECK(Listed("[m: a, override m: a, override m: b]").json() == R"({"m": {"x": 2}})");
}

TEST_CASE("an override reaches only what stands before it") {
  const Files experiment = {{"experiment/e", "# @package _global_\ndefaults: [override /m: b]"}};
  CHECK(Listed("[m: a, experiment: e]", experiment).json() == R"({"m": {"x": 2}})");
  CHECK(
      contains(Listed("[experiment: e, m: a]", experiment).error(),
               "In 'experiment/e': Invalid Defaults List override 'm: b'.\nNo earlier Group Default for 'm' exists to "
               "override."));
  CHECK(contains(Listed("[o: a, override m: b]").error({"+m=a"}),
                 "No earlier Group Default for 'm' exists to override."));
  CHECK(contains(Listed("[o: a, experiment: e]", experiment).error(),
                 "In 'experiment/e': Could not override 'm'. No match in the defaults list."));
}

TEST_CASE("an override reaches into the tree, and the outer file wins over the inner") {
  CHECK(Listed("[m: nested, override m/deep: q]").json() == R"({"m": {"deep": {"z": 2}}})");
  const Files inner = {{"t/c", "defaults: [/m@_global_.m: a, override /m@_global_.m: b]"}};
  CHECK(Listed("[t: c]", inner).json() == R"({"m": {"x": 2}, "t": {}})");
  CHECK(Listed("[t: c, override m: a]", inner).json() == R"({"m": {"x": 1}, "t": {}})");
}

TEST_CASE("a file whose list holds only override lines keeps its content") {
  const ConfigFolder folder(with(kGroups, {{"run", "defaults: [override hydra/launcher: joblib]\nw: 1"}}));
  CHECK(folder.json() == R"({"w": 1})");
  CHECK(folder.json({"+m=a"}) == R"({"w": 1, "m": {"x": 1}})");
}

TEST_CASE("a plain entry can be deleted by its path") {
  const Listed l("[plain, m: a, m/deep/p]");
  CHECK(l.json({"~plain"}) == R"({"m": {"x": 1, "deep": {"z": 1}}})");
  CHECK(l.json({"~m/deep/p"}) == R"({"k": 1, "m": {"x": 1}})");
  CHECK(contains(l.error({"~plain=3"}), "Config path deletion does not support a value : ~plain=3"));
  CHECK(contains(l.error({"~m/deep/q"}), "Could not delete 'm/deep/q'. No match in the defaults list"));
  CHECK(contains(l.error({"~m=[a]"}), "Config group override deletion value must be a string : ~m=[a]"));
}

TEST_CASE("interpolated entries wait for all choices, also for those that another of them brings") {
  const Files more = {{"tuned/a_b", "t: 1"}, {"tuned/b_b", "t: 2"}, {"brings/b", "defaults: [/o@_global_.o: b]"}};
  CHECK(Listed("[tuned: '${m}_${o}', m: a, o: b]", more).json() ==
        R"({"tuned": {"t": 1}, "m": {"x": 1}, "o": {"y": 2}})");
  CHECK(Listed("[tuned: '${m}_${o}', m: a, o: b]", more).json({"m=b"}) ==
        R"({"tuned": {"t": 2}, "m": {"x": 2}, "o": {"y": 2}})");
  CHECK(Listed("[tuned: '${m}_${o}', brings: '${m}', m: b]", more).json() ==
        R"({"tuned": {"t": 2}, "o": {"y": 2}, "brings": {}, "m": {"x": 2}})");
  CHECK(contains(Listed("[tuned: '${m}_${oo}', m: a, o: b]", more).error(),
                 "Error resolving interpolation '${m}_${oo}', possible interpolation keys: m, o; did you mean 'o'?"));
}

TEST_CASE("a primary config in a group has the package of the group") {
  const ConfigFolder folder(with(kGroups, {{"run", ""}}));
  CHECK(to_json(folder.run({}, "m/nested").config) == R"({"m": {"deep": {"z": 1}}})");
  CHECK(to_json(folder.run({"m/deep=q", "+o=a"}, "m/nested").config) == R"({"m": {"deep": {"z": 2}}, "o": {"y": 1}})");
}

TEST_CASE("an option may carry its suffix, and an empty package is the place of the file") {
  CHECK(Listed("[m: a.yaml]").json() == R"({"m": {"x": 1}})");
  CHECK(Listed("[m@: a]").json() == R"({"x": 1})");
  CHECK(Listed("[m/a@]").json() == R"({"x": 1})");
}

TEST_CASE("a list of options may stand twice for one group") {
  CHECK(Listed("[m: [a], m: [b]]").json() == R"({"m": {"x": 2}})");
  CHECK(Listed("[m: [a, b]]").json({"m=[b,a]"}) == R"({"m": {"x": 1}})");
  CHECK(Listed("[m: [a, b]]").json({"m=a"}) == R"({"m": {"x": 1}})");
  CHECK(Listed("[m: [a, b]]").json({"~m"}) == "{}");
  CHECK(Listed("[m: [a, b]]").folder.run().choices.at("m") == "[a, b]");
  CHECK(contains(Listed("[m: [a, c]]").error(), "Could not find 'm/c'"));
}

TEST_CASE("words that are no keywords and paths that lead out are refused") {
  CHECK(contains(Listed("[overide m: a]").error(), "In run: Unsupported keyword 'overide' in defaults list"));
  CHECK(contains(Listed("[m: 'a\\b']").error(), "In run: Backslash ('\\') in Defaults List config option paths"));
  CHECK(contains(Listed("[../m: a]").error(),
                 "In run: Parent traversal ('..') in Defaults List config group paths is not supported ('../m')."));
  CHECK(
      contains(Listed("[m: a]").error({"m='../o/a'"}), "Parent traversal ('..') in Defaults List config option paths"));
}

TEST_CASE("in files, too, a list and a dict do not replace each other") {
  const auto merged = [](const std::string& below, const std::string& above) {
    const ConfigFolder folder(Files{{"run", "defaults: [base, _self_]\n" + above}, {"base", below}});
    const std::string error = folder.error();
    return error == "no error" ? folder.json() : error;
  };
  CHECK(contains(merged("x: {a: 1}", "x: [1]"), "run.yaml:2:4: In 'run': Cannot merge incompatible container types"));
  CHECK(contains(merged("x: {a: [1]}", "x: {a: {}}"), "full_key: x.a"));
  CHECK(merged("x: {a: 1}", "x: 3") == R"({"x": 3})");
  CHECK(merged("x: {a: 1}", "x: null") == R"({"x": null})");
  CHECK(merged("x: 3", "x: {a: 1}") == R"({"x": {"a": 1}})");
  CHECK(merged("x: null", "x: ???") == R"({"x": null})");
  CHECK(merged("k: {z: 9}\nx: ${k}", "x: {a: 1}") == R"({"k": {"z": 9}, "x": {"z": 9, "a": 1}})");
  CHECK(merged("k: {z: 9}\nx: ${.k}", "x: {a: 1}") == R"({"k": {"z": 9}, "x": {"z": 9, "a": 1}})");
  CHECK(merged("x: ${later}", "x: {a: 1}") == R"({"x": {"a": 1}})");
}

TEST_CASE("the defaults list is shown with parents, and _self_ where a file stands between its defaults") {
  const Listed l("[m: nested, o: null]");
  const DefaultsInfo info = defaults_info({{l.folder.path()}, "run", {"+o@q=a"}});
  CHECK(contains(info.tree,
                 "  run:\n    m: nested:\n      m/deep: p\n      _self_\n    o: null\n    _self_\n    o@q: a\n"));
  CHECK(contains(defaults_table(info),
                 "| m/deep/p                    | m.deep              | False  | m/nested     |\n"));
  CHECK(contains(defaults_table(info),
                 "| m/nested                    | m                   | True   | run          |\n"));
  CHECK(contains(defaults_table(info),
                 "| run                         |                     | True   | <root>       |\n"));
}

}  // namespace lx::config
