// Laws of interpolation: references, string forms, escapes, resolvers and messages.
#include "config/interpolate.h"
#include "unit/config/helpers.h"

#include <cstdlib>

namespace lx::config {

namespace {

std::string resolved(const std::string& text, const std::string& key = "r") {
  return to_json(*resolve(yaml(text)).find(key));
}
std::string resolve_error(const std::string& text) {
  return error_of([&] { resolve(yaml(text)); });
}
std::string call(const std::string& expression) { return resolved("r: \"${" + expression + "}\""); }

}  // namespace

TEST_CASE("a reference alone keeps the type of its target") {
  const std::string base = "a: {b: 3, f: 1e-5, t: true, n: null, s: '12', l: [1, {k: x}], m: {p: 1}}\n";
  CHECK(resolved(base + "r: ${a.b}") == "3");
  CHECK(resolved(base + "r: ${a.f}") == "1e-05");
  CHECK(resolved(base + "r: ${a.t}") == "true");
  CHECK(resolved(base + "r: ${a.n}") == "null");
  CHECK(resolved(base + "r: ${a.s}") == "\"12\"");
  CHECK(resolved(base + "r: ${a[b]}") == "3");
  CHECK(resolved(base + "r: ${a.l.0}") == "1");
  CHECK(resolved(base + "r: ${a.l[1].k}") == "\"x\"");
  CHECK(resolved(base + "r: ${a[l][1][k]}") == "\"x\"");
  CHECK(resolved(base + "r: ${ a.b }") == "3");
  CHECK(resolved(base + "r: ${a.m}") == R"({"p": 1})");
  CHECK(resolved(base + "r: ${a.l}") == R"([1, {"k": "x"}])");
}

TEST_CASE("inside a string values print as Python prints them") {
  const std::string base = "a: {b: 3, f: 1e-5, g: 2.0, t: true, n: null, s: x, l: [1, 'a', null, 0.5], m: {p: [q]}}\n";
  CHECK(resolved(base + "r: x${a.b}y${a.s}") == "\"x3yx\"");
  CHECK(resolved(base + "r: '${a.f} ${a.g} ${a.t} ${a.n}'") == "\"1e-05 2.0 True None\"");
  CHECK(resolved(base + "r: '${a.l} ${a.m}'") == "\"[1, 'a', None, 0.5] {'p': ['q']}\"");
}

TEST_CASE("one dot is the holder, each more dot one parent up; in a list the list is the holder") {
  const std::string text =
      "x: top\na:\n  x: mid\n  b:\n    x: low\n    r1: ${.x}\n    r2: ${..x}\n    r3: ${...x}\n    l: [7, '${.0}', "
      "'${..x}']\n";
  CHECK(resolved(text, "a.b.r1") == "\"low\"");
  CHECK(resolved(text, "a.b.r2") == "\"mid\"");
  CHECK(resolved(text, "a.b.r3") == "\"top\"");
  CHECK(resolved(text, "a.b.l") == R"([7, 7, "low"])");
  CHECK(contains(resolve_error("a: ${..x}"), "Interpolation key '..x' not found"));
}

TEST_CASE("a relative reference belongs to where it was written, not to where it is used") {
  CHECK(resolved("a: {x: 1, y: '${.x}'}\nb: {x: 2, z: '${a.y}'}\nr: ${b.z}") == "1");
  CHECK(resolved("a: {x: 1, y: '${.x}'}\nb: {x: 2}\nr: ${a}") == R"({"x": 1, "y": 1})");
}

TEST_CASE("references nest") {
  const std::string base = "pick: small\nmodel: {small: 1, large: 2}\nname: add\n";
  CHECK(resolved(base + "r: ${model.${pick}}") == "1");
  CHECK(resolved(base + "r: ${model[${pick}]}") == "1");
  CHECK(resolved(base + "r: ${${name}:${model.large},40}") == "42");
  CHECK(resolved("p: model.small\n" + base + "r: ${${p}}") == "1");
}

TEST_CASE("a reference may pass through other references") {
  CHECK(resolved("t: ${model}\nmodel: {layers: [4, 5]}\nr: ${t.layers.1}") == "5");
  CHECK(resolved("r: ${a}\na: ${b}\nb: ${c}\nc: 5") == "5");
  CHECK(resolved("t: ${model}\nmodel: {a: '${t.b}', b: 7}\nr: ${t.a}") == "7");
  CHECK(resolved("t: ${range:5}\nr: ${t.3}") == "3");
  CHECK(resolved("a: {b: '${a.c}', c: 1}\nr: ${a}") == R"({"b": 1, "c": 1})");
}

TEST_CASE("backslashes are special only before an interpolation") {
  CHECK(resolved("r: \\${x}") == "\"${x}\"");
  CHECK(resolved("x: 1\nr: \\\\${x}") == "\"\\\\1\"");
  CHECK(resolved("x: 1\nr: \\\\\\${x}") == "\"\\\\${x}\"");
  CHECK(resolved("x: 1\nr: a\\b\\\\c ${x}") == "\"a\\\\b\\\\\\\\c 1\"");
  CHECK(resolved("r: a $ b $x {y}") == "\"a $ b $x {y}\"");
  CHECK(resolved("x: 1\nr: ${x}\\") == "\"1\\\\\"");
}

TEST_CASE("arithmetic keeps integers where it can") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"add:1,2", "3"},
      {"add:1,2,3", "6"},
      {"add:1,2.5", "3.5"},
      {"sub:1,3", "-2"},
      {"mul:8,16", "128"},
      {"mul:2,0.5", "1.0"},
      {"mul:2,3,4", "24"},
      {"div:6,3", "2"},
      {"div:7,2", "3.5"},
      {"div:6.0,3", "2.0"},
      {"div:5,-1", "-5"},
      {"floordiv:7,2", "3"},
      {"floordiv:-7,2", "-4"},
      {"floordiv:7,-2", "-4"},
      {"floordiv:7.5,2", "3.0"},
      {"min:3,1,2", "1"},
      {"max:3,1,2.5", "3"},
      {"max:[1,9,3]", "9"},
      {"len:[1,2,3]", "3"},
      {"len:abc", "3"},
      {"len:'é€'", "2"},
      {"len:{a:1}", "1"},
      {"len:[]", "0"},
      {"range:3", "[0, 1, 2]"},
      {"range:1,4", "[1, 2, 3]"},
      {"range:8,0,-3", "[8, 5, 2]"},
      {"range:0", "[]"},
      {"eq:1,1.0", "true"},
      {"eq:a,a", "true"},
      {"eq:1,'1'", "false"},
      {"eq:null,null", "true"},
      {"if:true,a,b", "\"a\""},
      {"if:${eq:1,2},a,[1]", "[1]"},
  };
  for (const auto& [text, json] : cases) {
    INFO(text);
    CHECK(call(text) == json);
  }
  CHECK(resolved("length: 512\nl: [1, 2]\nr: ${mul:${length},${len:${l}}}") == "1024");
}

TEST_CASE("arguments are typed like overrides, trimmed, and quoted ones keep blanks") {
  register_resolver("test.show",
                    [](const std::vector<Node>& arguments) { return Node(to_json(Node(List(arguments)))); });
  const auto show = [](const std::string& arguments) {
    return error_of([&] {
      throw Error(resolve(yaml("x: 7\nm: {k: 1}\nr: |-\n  ${test.show:" + arguments + "}")).find("r")->string());
    });
  };
  CHECK(show("") == "[]");
  CHECK(show("1, 2.0 , a b ,true,null") == R"([1, 2.0, "a b", true, null])");
  CHECK(show("' a ',\"1\"") == R"([" a ", "1"])");
  CHECK(show("a\\,b,\\ c") == R"(["a,b", " c"])");
  CHECK(show("[1,{a:b}],{k:[x]}") == R"([[1, {"a": "b"}], {"k": ["x"]}])");
  CHECK(show("${x},a${x},'${x}',${m}") == R"([7, "a7", "7", {"k": 1}])");
  CHECK(show("a:b,%H:%M") == R"(["a:b", "%H:%M"])");
  CHECK(show("'it\\'s ${x}', '\\${x}'") == R"(["it's 7", "${x}"])");
  CHECK(show("a,") == R"(["a", ""])");
  CHECK_THROWS_AS(register_resolver("add", nullptr), Error);
}

TEST_CASE("resolvers read the environment, decode text, select keys and tell the time") {
  setenv("LX_TEST_VARIABLE", "12", 1);
  unsetenv("LX_TEST_ABSENT");
  CHECK(call("oc.env:LX_TEST_VARIABLE") == "\"12\"");
  CHECK(call("oc.env:LX_TEST_ABSENT,5") == "\"5\"");
  CHECK(call("oc.env:LX_TEST_ABSENT,null") == "null");
  CHECK(contains(resolve_error("r: ${oc.env:LX_TEST_ABSENT}"), "Environment variable 'LX_TEST_ABSENT' not found"));
  CHECK(call("oc.decode:${oc.env:LX_TEST_VARIABLE}") == "12");
  CHECK(call("oc.decode:'[1, {a: x}]'") == R"([1, {"a": "x"}])");
  CHECK(call("oc.decode:null") == "null");
  CHECK(resolved("x: 3\nr: \"${oc.decode:'${x}'}\"") == "3");
  CHECK(contains(resolve_error("r: ${oc.decode:1}"), "needs a str or null, got the int '1'"));
  const std::string base = "a: {b: 1, m: \"???\", n: '${a.b}'}\n";
  CHECK(resolved(base + "r: ${oc.select:a.b}") == "1");
  CHECK(resolved(base + "r: ${oc.select:a.n,5}") == "1");
  CHECK(resolved(base + "r: ${oc.select:a.x}") == "null");
  CHECK(resolved(base + "r: ${oc.select:a.x,5}") == "5");
  CHECK(resolved(base + "r: ${oc.select:a.m,5}") == "5");
  CHECK(resolved("m: {x: 1, y: 2}\nr: ${oc.dict.keys:m}") == R"(["x", "y"])");
  CHECK(resolved("m: {x: 1, y: '${.x}'}\nr: ${oc.dict.values:m}") == "[1, 1]");
  CHECK(call("now:%Y").size() == 6);
  CHECK(resolved("a: ${now:%H-%M-%S}\nr: ${eq:${a},${now:%H-%M-%S}}") == "true");
}

TEST_CASE("oc.create, oc.deprecated, and keys that need no values") {
  CHECK(call("oc.create:[1,{a: x}]") == R"([1, {"a": "x"}])");
  CHECK(resolved("m: {a: '${n}'}\nn: 2\nr: ${oc.create:${m}}\n") == R"({"a": 2})");
  CHECK(contains(resolve_error("r: ${oc.create:x}"), "needs a list or dict, got the str 'x'"));
  CHECK(resolved("new: {a: 2.5}\nr: ${oc.deprecated:new.a}\n") == "2.5");
  CHECK(contains(resolve_error("r: ${oc.deprecated:nope}"), "Interpolation key 'nope' not found"));
  CHECK(resolved("a: 1\nr: ${oc.dict.keys:.}\n") == R"(["a", "r"])");
  CHECK(resolved("m: {a: 1, k: '${oc.dict.keys:..m}'}\n", "m.k") == R"(["a", "k"])");
  CHECK(contains(resolve_error("a: 1\nr: ${oc.dict.values:.}\n"), "Recursive interpolation detected"));
  CHECK(contains(resolve_error("r: ${oc.env:[x],y}"), "needs the name of a variable, got the list '['x']'"));
  CHECK(contains(resolve_error("r: ${oc.select:[x]}"), "'oc.select' needs a key, got the list"));
}

TEST_CASE("brackets of a key must match, and messages hold whole characters") {
  for (const char* key : {"a]", "[a", "a[b", "a[b]c", "]a", "a[[b]]", "a.b]"})
    CHECK(
        contains(resolve_error("a: {b: 1}\nr: '${" + std::string(key) + "}'\n"), "brackets of the interpolation key"));
  CHECK(resolved("a: {b: {c: 1}}\nr: ${a[b].c}${a[b][c]}${[a].b[c]}\n") == "\"111\"");
  CHECK(contains(resolve_error("r: \"${mul:'a'é}\""), "'é' is not allowed here"));
}

TEST_CASE("names of resolvers may hold dots and be interpolated") {
  static const bool registered = [] {
    register_resolver("lab.twice", [](const std::vector<Node>& a) { return Node(a.at(0).integer() * 2); });
    return true;
  }();
  CHECK(registered);
  CHECK(call("lab.twice:4") == "8");
  CHECK(resolved("n: twice\nr: ${lab.${n}:4}\n") == "8");
  CHECK(contains(resolve_error("r: ${lab.twice:x}"), "the resolver 'lab.twice': expected a int here, got a str"));
  CHECK(contains(error_of([] { register_resolver("lab.twice", {}); }), "registered twice"));
}

TEST_CASE("nodes given beside the configuration are reached by their name") {
  const NamedNodes named = {{"hydra", yaml("{job: {num: 3, id: x}, runtime: {choices: {model: small}}}")}};
  CHECK(to_json(resolve(yaml("r: '${hydra:job.num}'\ns: run-${hydra:job.num}-${hydra:runtime.choices.model}"),
                        named)) == R"({"r": 3, "s": "run-3-small"})");
  CHECK(contains(error_of([&] { resolve(yaml("r: ${hydra:job.x}"), named); }),
                 "Interpolation key 'hydra:job.x' not found"));
}

TEST_CASE("??? stays, but a reference to it fails") {
  CHECK(resolved("r: ???") == R"("???")");
  CHECK(contains(resolve_error("u: ???\nr: ${u}"),
                 "t.yaml:2:4: MissingMandatoryValue while resolving interpolation: Missing mandatory value: u "
                 "(full_key: r, object_type=dict)"));
  CHECK(contains(resolve_error("u: ???\nr: ${u.x}"), "Missing mandatory value: u"));
}

TEST_CASE("mistakes name the place where the interpolation stands, with a hint") {
  CHECK(resolve_error("train: {steps: 1}\na:\n  r: ${train.step}") ==
        "t.yaml:3:6: Interpolation key 'train.step' not found; did you mean 'train.steps'? (full_key: a.r, "
        "object_type=dict)");
  CHECK(resolve_error("list:\n- ${x}") ==
        "t.yaml:2:3: Interpolation key 'x' not found (full_key: list.0, object_type=list)");
  CHECK(contains(resolve_error("steps: 1\nr: ${.stpes}"), "did you mean '.steps'?"));
  CHECK(contains(resolve_error("r: ${mull:1,2}"), "Unsupported interpolation type mull; did you mean 'mul'? (known: "));
  CHECK(contains(resolve_error("r: ${hydra:job.num}"), "Unsupported interpolation type hydra"));
  CHECK(contains(resolve_error("r: ${r}"), "Recursive interpolation detected"));
  CHECK(contains(resolve_error("a: ${b}\nb: x${a}"), "Recursive interpolation detected"));
  CHECK(contains(resolve_error("a: {b: '${a}'}"), "Recursive interpolation detected"));
  CHECK(resolve_error("r: ${div:1,0}") ==
        "t.yaml:1:4: the resolver 'div': division by zero (full_key: r, object_type=dict)");
  CHECK(contains(resolve_error("r: ${add:1,x}"), "needs numbers, got the str 'x'"));
  CHECK(contains(resolve_error("r: ${mul:9223372036854775807,2}"), "does not fit into 64 bits"));
  CHECK(contains(resolve_error("r: ${sub:1}"), "takes 2 arguments, got 1"));
  CHECK(contains(resolve_error("r: ${min:[]}"), "takes 1 or more arguments"));
  CHECK(contains(resolve_error("r: ${if:1,2,3}"), "needs a bool first"));
  CHECK(contains(resolve_error("r: ${range:1,2,0}"), "cannot be zero"));
  CHECK(contains(resolve_error("r: ${range:9999999}"), "more than a million"));
  CHECK(contains(resolve_error("r: ${len:3}"), "needs a list, dict or str"));
  CHECK(contains(resolve_error("a: 1\nr: ${oc.dict.keys:a}"), "needs a dict, but 'a' is a int"));
}

TEST_CASE("syntax errors show the text with a caret") {
  CHECK(resolve_error("r: a ${b") == "t.yaml:1:4: the interpolation is never closed with '}'\n  a ${b\n    ^");
  for (const char* bad : {"${}", "${ }", "${:1}", "${a b{c}}", "${f:[1}", "${f:'a}", "${f:{a}}", "${f:(a)}", "${a,b}",
                          "${f:[1,2]", "${'a'}", "${f:{a:1,}}x{"}) {
    INFO(bad);
    Node node{Map()};
    node.set("r", bad);
    CHECK_THROWS_AS(resolve(node), Error);
  }
}

TEST_CASE("long chains and exploding references are refused, not suffered") {
  Node chain{Map()};
  for (int i = 0; i < 2000; ++i) chain.map()["k" + std::to_string(i)] = "${k" + std::to_string(i + 1) + "}";
  CHECK(contains(error_of([&] { resolve(chain); }), "more than 500 deep"));
  std::string bomb = "a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += "a" + std::to_string(i) + ": [";
    for (int k = 0; k < 10; ++k) bomb += std::string(k ? ", " : "") + "'${a" + std::to_string(i - 1) + "}'";
    bomb += "]\n";
  }
  CHECK(contains(resolve_error(bomb), "more than a million values"));
}

TEST_CASE("a resolved value stands where the interpolation was written") {
  const Node node = resolve(yaml("a: {b: 1}\nc:\n  d: ${a}"));
  CHECK(node.find("c.d")->place.prefix() == "t.yaml:3:6: ");
  CHECK(node.map().key_place("c").prefix() == "t.yaml:2:1: ");
}

}  // namespace lx::config
