// Laws of Node, Map, merge, hash and JSON.
#include "config/merge_configs.h"
#include "config/node.h"
#include "unit/config/helpers.h"

#include <limits>

namespace lx::config {

TEST_CASE("a dotted path walks maps and lists") {
  const Node node = yaml("a: {b: [10, {c: 20}]}");
  CHECK(node.find("a.b.0")->integer() == 10);
  CHECK(node.find("a.b.1.c")->integer() == 20);
  for (const char* absent : {"x", "a.x", "a.b.2", "a.b.-1", "a.b.x", "a.b.0.c", "a..b"})
    CHECK(node.find(absent) == nullptr);
  CHECK(node.find("") == &node);
}

TEST_CASE("setting a dotted path makes the maps on the way and changes elements of lists in place") {
  Node node = yaml("l: [1, 2]");
  node.set("a.b.c", 3);
  node.set("l.1", "x");
  CHECK(to_json(node) == R"({"l": [1, "x"], "a": {"b": {"c": 3}}})");
  CHECK_THROWS_AS(node.set("l.2", 1), Error);
}

TEST_CASE("a map keeps the order in which keys were first written") {
  Map map;
  map["b"] = 1;
  map["a"] = 2;
  map["b"] = 3;
  CHECK(map.keys() == std::vector<std::string>{"b", "a"});
  CHECK(map.erase("b"));
  CHECK_FALSE(map.erase("b"));
  CHECK(map.size() == 1);
}

TEST_CASE("values know the line and column where they and their keys were written") {
  const Node node = yaml("a: 1\nb:\n  c:  [x, 7]\n");
  CHECK(node.find("b.c.1")->place.prefix() == "t.yaml:3:11: ");
  CHECK(node.find("b")->map().key_place("c").prefix() == "t.yaml:3:3: ");
  CHECK(Place{}.prefix().empty());
}

TEST_CASE("access to another kind than the value has names the place and both kinds") {
  const Node node = yaml("a: text");
  CHECK(error_of([&] { (void)node.find("a")->integer(); }) == "t.yaml:1:4: expected a int here, got a str");
  CHECK(error_of([&] { (void)node.find("a")->map(); }) == "t.yaml:1:4: expected a dict here, got a str");
  CHECK(Node(3).real() == 3.0);
}

TEST_CASE("merging goes key by key, keeps the first order, and lets everything but ??? replace") {
  Node base = yaml("{a: 1, m: {x: 1, y: 2}, l: [1, 2], s: 5}");
  merge_configs(base, yaml("{n: 9, m: {y: 3, z: 4}, l: [7], s: \"???\", q: \"???\"}"), "");
  CHECK(to_json(base) == R"({"a": 1, "m": {"x": 1, "y": 3, "z": 4}, "l": [7], "s": 5, "n": 9, "q": "???"})");
  Node map_over_scalar = yaml("a: 1");
  merge_configs(map_over_scalar, yaml("a: {b: 2}"), "");
  CHECK(to_json(map_over_scalar) == R"({"a": {"b": 2}})");
}

TEST_CASE("a merged value keeps the place of the file it came from") {
  Node base = parse_yaml("a: 1\nb: 2", "one.yaml");
  merge_configs(base, parse_yaml("\nb: 3", "two.yaml"), "");
  CHECK(base.find("a")->place.prefix() == "one.yaml:1:4: ");
  CHECK(base.find("b")->place.prefix() == "two.yaml:2:4: ");
  CHECK(base.map().key_place("b").prefix() == "two.yaml:2:1: ");
}

TEST_CASE("all missing values are listed with their full keys") {
  CHECK(missing_keys(yaml("{a: \"???\", b: {c: [1, \"???\"], d: \"???\"}, e: 1}")) ==
        std::vector<std::string>{"a", "b.c[1]", "b.d"});
}

TEST_CASE("equality ignores places and order but not types") {
  CHECK(yaml("{a: 1, b: 2}") == yaml("b: 2\na: 1"));
  CHECK_FALSE(yaml("a: 1") == yaml("a: 1.0"));
  CHECK_FALSE(yaml("a: 1") == yaml("a: '1'"));
  CHECK_FALSE(yaml("a: [1, 2]") == yaml("a: [2, 1]"));
  CHECK(yaml("a: .nan") == yaml("a: .nan"));
  CHECK(Node() == Node());
}

TEST_CASE("the hash depends on values and types, not on order or places") {
  CHECK(hash(yaml("{a: 1, b: {c: x, d: [1]}}")) == hash(yaml("b:\n  d: [1]\n  c: x\na: 1")));
  std::vector<std::string> hashes;
  for (const char* text : {"a: 1", "a: 1.0", "a: '1'", "a: true", "a: null", "a: [1]", "a: [[1]]", "a: {b: 1}", "b: 1",
                           "a: ''", "{a: x, b: y}", "{a: 'x1:by'}", "a: []", "a: {}"})
    hashes.push_back(hash(yaml(text)));
  for (size_t i = 0; i < hashes.size(); ++i)
    for (size_t j = 0; j < i; ++j) CHECK(hashes[i] != hashes[j]);
  CHECK(hashes[0].size() == 32);
}

TEST_CASE("JSON keeps order and types, and comes back the same") {
  Node node = yaml("{z: 1, a: 1.0, s: '1', e: 1e-5, n: null, b: true, l: [], m: {}, t: \"q\\\"\\\\\\n\\x01é\"}");
  node.map()["inf"] = std::numeric_limits<double>::infinity();
  node.map()["low"] = -std::numeric_limits<double>::infinity();
  node.map()["nan"] = std::numeric_limits<double>::quiet_NaN();
  node.map()["big"] = std::numeric_limits<int64_t>::min();
  const std::string text = to_json(node);
  CHECK(contains(text, R"({"z": 1, "a": 1.0, "s": "1", "e": 1e-05, "n": null, "b": true, "l": [], "m": {}, )"));
  CHECK(contains(text, R"("inf": {"__float__": "inf"})"));
  for (const int indent : {-1, 0, 2}) CHECK(parse_json(to_json(node, indent), "j") == node);
  CHECK(to_json(yaml("{a: [1, 2]}"), 2) == "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
  CHECK(parse_json(R"("\u00e9\ud83d\ude00")", "j").string() == "é😀");
}

TEST_CASE("mistakes in JSON are refused with their place") {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nul", "01x", "\"abc", "{\"a\": 1} 2", "{\"a\": 1, \"a\": 2}",
                           "\"\\q\"", "\"\\u12\"", "-"})
    CHECK_THROWS_AS(parse_json(text, "j"), Error);
  CHECK(error_of([] { parse_json("{\n  \"a\": x}", "j.json"); }) ==
        "j.json:2:8: not valid JSON: expected a value, got 'x'");
  CHECK(contains(error_of([] { parse_json(std::string(5000, '['), "j"); }), "nested more than 200 deep"));
}

}  // namespace lx::config
