// Laws of value overrides on a composed configuration, with Hydra's messages.
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

const char* const kPrimary = "a: 1\nn: null\nm: \"???\"\nt: {lr: 0.1, b: [1, 2]}\nl: [10, {x: 1}]\ni: ${t}\n";

struct Overriding {
  ConfigFolder folder{Files{{"run", kPrimary}, {"model/small", "w: 1"}}};
  std::string value(const std::vector<std::string>& overrides, const std::string& key) const {
    const Composition run = folder.run(overrides);
    const Node* node = run.config.find(key);
    return node ? to_json(*node) : "absent";
  }
  std::string error(const std::string& override) const { return folder.error({override}); }
};

}  // namespace

TEST_CASE("an override changes a key that exists, in order of typing") {
  const Overriding o;
  CHECK(o.value({"a=5"}, "a") == "5");
  CHECK(o.value({"a=5", "a=6"}, "a") == "6");
  CHECK(o.value({"n=5"}, "n") == "5");
  CHECK(o.value({"m=5"}, "m") == "5");
  CHECK(o.value({"t.lr=1e-3"}, "t") == R"({"lr": 0.001, "b": [1, 2]})");
  CHECK(o.value({"l.0=7", "l.1.x=8"}, "l") == R"([7, {"x": 8}])");
  CHECK(o.value({"t={lr: 5}"}, "t") == R"({"lr": 5, "b": [1, 2]})");
  CHECK(o.value({"t.b=[3]"}, "t.b") == "[3]");
  CHECK(o.value({"t=3"}, "t") == "3");
  CHECK(o.value({"a={x: 1}"}, "a") == R"({"x": 1})");
  CHECK(o.value({"a="}, "a") == "\"\"");
}

TEST_CASE("extend_list adds to the list that is there") {
  const Overriding o;
  CHECK(o.value({"t.b=extend_list(3,[4])"}, "t.b") == "[1, 2, 3, [4]]");
  CHECK(o.value({"t.b=extend_list(3)", "t.b=extend_list(4)"}, "t.b") == "[1, 2, 3, 4]");
  CHECK(o.value({"l=extend_list()"}, "l") == R"([10, {"x": 1}])");
  CHECK(contains(o.error("a=extend_list(3)"),
                 "Could not append to config list. The existing value of 'a' is 1 which is not a list."));
  CHECK(contains(o.error("other=extend_list(3)"), "Could not override 'other'."));
}

TEST_CASE("an override walks through a reference, to what it refers to") {
  const Overriding o;
  CHECK(o.value({"i.lr=3"}, "t") == R"({"lr": 3, "b": [1, 2]})");
  CHECK(o.value({"i.b.0=3"}, "t.b") == "[3, 2]");
  CHECK(o.value({"+i.new=3"}, "t.new") == "3");
  CHECK(o.value({"~i.b"}, "t") == R"({"lr": 0.1})");
  CHECK(o.value({"i.lr=3"}, "i") == R"("${t}")");
  CHECK(contains(o.error("i.lrr=3"), "did you mean 'lr'?"));
  CHECK(contains(ConfigFolder(Files{{"run", "k: a\nj: x-${k}"}}).error({"j.k=3"}),
                 "'j' is the interpolation x-${k}; override what it refers to"));
}

TEST_CASE("a list and a dict do not replace each other") {
  const Overriding o;
  for (const char* text : {"t=[1]", "+t=[1]", "++t=[1]", "l={a:1}", "+l={a:1}", "t={b:{c:1}}"}) {
    INFO(text);
    CHECK(contains(o.error(text), std::string("Error merging override ") + text + "\nCannot merge incompatible"));
  }
  CHECK(o.value({"t=3"}, "t") == "3");
  CHECK(o.value({"l=3"}, "l") == "3");
  CHECK(o.value({"a=[1]"}, "a") == "[1]");
  CHECK(o.value({"n={a: 1}"}, "n") == R"({"a": 1})");
}

TEST_CASE("a deletion may name the value it expects, null too") {
  const Overriding o;
  CHECK(o.value({"~n=null"}, "n") == "absent");
  CHECK(o.value({"~m=\"???\""}, "m") == "absent");
  CHECK(o.value({"~l.0"}, "l") == R"([{"x": 1}])");
  CHECK(contains(o.error("~a=null"), "Could not delete from config. The value of 'a' is 1 and not None."));
  CHECK(contains(o.error("~l.7"), "Could not delete from config. 'l.7' does not exist."));
}

TEST_CASE("an overridden value stands at its override") {
  const Overriding o;
  const Composition run = o.folder.run({"t.lr=fast"});
  CHECK(run.config.find("t.lr")->place.prefix() == "override 't.lr=fast': ");
  CHECK(run.config.find("t")->map().key_place("lr").prefix() == "override 't.lr=fast': ");
}

TEST_CASE("a new key needs a plus") {
  const Overriding o;
  CHECK(o.error("t.lrr=3") ==
        "override 't.lrr=3': Could not override 't.lrr'.\nTo append to your config use +t.lrr=3\nKey 'lrr' is not in "
        "struct; did you mean 'lr'?\n"
        "    full_key: t.lrr\n    object_type=dict");
  CHECK(contains(o.error("other.y.z=3"),
                 "Could not override 'other.y.z'.\nTo append to your config use +other.y.z=3\nKey 'other' is not in "
                 "struct\n    full_key: other"));
  CHECK(contains(o.error("modle=small"), "did you mean 'model'?"));
  CHECK(contains(o.error("a.b=3"), "Key 'b' is not in struct\n    full_key: a.b"));
  CHECK(contains(o.error("t={lr: 1, other: 2}"), "Key 'other' is not in struct\n    full_key: t.other"));
  CHECK(contains(o.error("l.2=3"), "list index '2' is out of range: the list has 2"));
  CHECK(contains(o.error("l.x=3"), "list index 'x' is out of range"));
}

TEST_CASE("a plus adds what is absent, merges dicts, replaces lists, and refuses an existing value") {
  const Overriding o;
  CHECK(o.value({"+x=1"}, "x") == "1");
  CHECK(o.value({"+x.y.z=1"}, "x") == R"({"y": {"z": 1}})");
  CHECK(o.value({"+n=1"}, "n") == "1");
  CHECK(o.value({"+n.x=1"}, "n") == R"({"x": 1})");
  CHECK(o.value({"+t={x: 2}"}, "t") == R"({"lr": 0.1, "b": [1, 2], "x": 2})");
  CHECK(o.value({"+t.b=[9]"}, "t.b") == "[9]");
  CHECK(o.error("+a=2") ==
        "override '+a=2': Could not append to config. An item is already at 'a'.\nEither remove + prefix: 'a=2'\nOr "
        "add a second + to add or override 'a': '++a=2'");
  CHECK(contains(o.error("+a.b=2"), "An item is already at 'a'"));
  CHECK(contains(o.error("+l.2=3"), "list index '2' is out of range"));
}

TEST_CASE("two plusses add or change") {
  const Overriding o;
  CHECK(o.value({"++a=2"}, "a") == "2");
  CHECK(o.value({"++x=2"}, "x") == "2");
  CHECK(o.value({"++a.b=2"}, "a") == R"({"b": 2})");
  CHECK(o.value({"++t={x: 2}"}, "t.x") == "2");
}

TEST_CASE("a tilde deletes, if the value is as said") {
  const Overriding o;
  CHECK(o.value({"~a"}, "a") == "absent");
  CHECK(o.value({"~n"}, "n") == "absent");
  CHECK(o.value({"~t.lr"}, "t") == R"({"b": [1, 2]})");
  CHECK(o.value({"~l.0"}, "l") == R"([{"x": 1}])");
  CHECK(o.value({"~a=1"}, "a") == "absent");
  CHECK(o.value({"~a=1.0"}, "a") == "absent");
  CHECK(o.error("~x") == "override '~x': Could not delete from config. 'x' does not exist; did you mean 'a'?");
  CHECK(contains(o.error("~longer"), "Could not delete from config. 'longer' does not exist."));
  CHECK(contains(o.error("~a=2"), "Could not delete from config. The value of 'a' is 1 and not 2."));
  CHECK(contains(o.error("~t.b=[1]"), "The value of 't.b' is [1, 2] and not [1]."));
}

}  // namespace lx::config
