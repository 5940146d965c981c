// Laws of reading and writing YAML: types as PyYAML and OmegaConf give them, mistakes with their place, round trips.
#include "base/random.h"
#include "unit/config/helpers.h"

#include <cmath>
#include <limits>

namespace lx::config {

namespace {

struct ScalarCase {
  const char *text, *json;
};

// A tree of all kinds, with strings that look like other types.
Node random_tree(Random& random, int depth) {
  static const std::vector<std::string> texts = {"",           "a",
                                                 "12",         "1.5",
                                                 "1e5",        "true",
                                                 "yes",        "No",
                                                 "y",          "n",
                                                 "null",       "~",
                                                 "0x1F",       "0777",
                                                 "08",         "1_000",
                                                 "1:30",       ".inf",
                                                 ".5",         "-.5",
                                                 "2024-01-31", "2024-01-31 10:00:00",
                                                 "a: b",       "a:",
                                                 ":a",         "a #b",
                                                 "#a",         "- a",
                                                 "-a",         "?a",
                                                 "? a",        "a\nb",
                                                 "\n",         " a",
                                                 "a ",         "\ta",
                                                 "'",          "''",
                                                 "\"",         "it's",
                                                 "${a.b}",     "${f:1,2}",
                                                 "\\${x}",     "[a]",
                                                 "{a}",        "a, b",
                                                 "&a",         "*a",
                                                 "!a",         "|",
                                                 ">",          "%a",
                                                 "@a",         "`a",
                                                 "---",        "--- a",
                                                 "...",        "<<",
                                                 "=",          "é",
                                                 "日本",       "😀",
                                                 "\x01",       "\x7f",
                                                 "\\",         "a\\nb",
                                                 "\xc2\x85",   "\xe2\x80\xa8x",
                                                 "a\r\nb",     "-",
                                                 ".",          "..",
                                                 "None",       "inf",
                                                 "nan",        "???",
                                                 "a]b",        "a}b",
                                                 "e,f",        "0b101",
                                                 "0o17",       "+1",
                                                 "-0",         "1.",
                                                 "1__0"};
  const auto text = [&] { return texts[random.below(texts.size())]; };
  switch (random.below(depth > 4 ? 5 : 9)) {
    case 0:
      return Node();
    case 1:
      return Node(random.below(2) == 0);
    case 2:
      return Node(static_cast<int64_t>(random.bits() >> random.below(64)));
    case 3: {
      const double values[] = {0.0,
                               -0.0,
                               1.0,
                               1e-5,
                               1e16,
                               1e300,
                               5e-324,
                               0.1,
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN(),
                               random.normal(),
                               std::ldexp(random.uniform(), static_cast<int>(random.below(600)) - 300)};
      return Node(values[random.below(std::size(values))]);
    }
    case 4:
      return Node(text());
    case 5:
    case 6: {
      List items;
      for (uint64_t n = random.below(4); n > 0; --n) items.push_back(random_tree(random, depth + 1));
      return Node(std::move(items));
    }
    default: {
      Map items;
      for (uint64_t n = random.below(5); n > 0; --n) items[text()] = random_tree(random, depth + 1);
      return Node(std::move(items));
    }
  }
}

}  // namespace

TEST_CASE("plain scalars have the types that PyYAML and OmegaConf give them") {
  const std::vector<ScalarCase> cases = {
      {"true", "true"},
      {"True", "true"},
      {"TRUE", "true"},
      {"tRue", "\"tRue\""},
      {"yes", "true"},
      {"No", "false"},
      {"on", "true"},
      {"OFF", "false"},
      {"y", "\"y\""},
      {"n", "\"n\""},
      {"null", "null"},
      {"Null", "null"},
      {"~", "null"},
      {"", "null"},
      {"None", "\"None\""},
      {"nULL", "\"nULL\""},
      {"0", "0"},
      {"12", "12"},
      {"-12", "-12"},
      {"+12", "12"},
      {"0777", "511"},
      {"-010", "-8"},
      {"08", "\"08\""},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"0o17", "\"0o17\""},
      {"1_000", "1000"},
      {"1:30", "90"},
      {"1_.", "1.0"},
      {"1__0.5", "10.5"},
      {"1_e3", "\"1_e3\""},
      {"1_.e3", "\"1_.e3\""},
      {"1_.e+3", "1000.0"},
      {"1_0e3", "10000.0"},
      {"._5", "\"._5\""},
      {".5_0", "0.5"},
      {"E3", "\"E3\""},
      {"0x_", "\"0x_\""},
      {"0b__", "\"0b__\""},
      {"1:30:00", "5400"},
      {"-1:30", "-90"},
      {"1:60", "\"1:60\""},
      {"0x", "\"0x\""},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.5", "1.5"},
      {"5.", "5.0"},
      {".5", "0.5"},
      {"1e-3", "0.001"},
      {"1E5", "100000.0"},
      {"1e+2", "100.0"},
      {"-2.5e-3", "-0.0025"},
      {"1_0.5", "10.5"},
      {"0.1", "0.1"},
      {"1e", "\"1e\""},
      {".", "\".\""},
      {"1.2.3", "\"1.2.3\""},
      {"1:30.5", "90.5"},
      {".inf", R"({"__float__": "inf"})"},
      {"-.Inf", R"({"__float__": "-inf"})"},
      {".nan", R"({"__float__": "nan"})"},
      {"inf", "\"inf\""},
      {"nan", "\"nan\""},
      {"2024-01-31", "\"2024-01-31\""},
      {"12 apples", "\"12 apples\""},
      {"'12'", "\"12\""},
      {"\"true\"", "\"true\""},
      {"'yes'", "\"yes\""},
      {"\"\"", "\"\""},
      {"!!str 12", "\"12\""},
      {"!!float 1", "1.0"},
      {"!!int '12'", "12"},
      {"a:b", "\"a:b\""},
      {"${a.b}", "\"${a.b}\""},
      {"???", "\"???\""},
  };
  for (const ScalarCase& c : cases) {
    INFO(c.text);
    CHECK(to_json(*yaml("k: " + std::string(c.text)).find("k")) == c.json);
  }
}

TEST_CASE("an integer beyond 64 bits is refused with its place") {
  CHECK(error_of([] { yaml("a: 9223372036854775808"); }) ==
        "t.yaml:1:4: the integer 9223372036854775808 does not fit into 64 bits; write it as a float or quote it");
  CHECK(contains(error_of([] { yaml("a: 0xFFFFFFFFFFFFFFFFF"); }), "64 bits"));
}

TEST_CASE("an empty document is an empty map, and a list is allowed at the top") {
  for (const char* text : {"", "# only a comment\n", "---\n", "~"}) CHECK(to_json(yaml(text)) == "{}");
  CHECK(to_json(yaml("- 1\n- a")) == R"([1, "a"])");
}

TEST_CASE("mistakes in YAML name file, line, column and what is wrong") {
  const auto message = [](const std::string& text) { return error_of([&] { parse_yaml(text, "configs/x.yaml"); }); };
  CHECK(message("a: 1\nb: 2\na: 3") ==
        "configs/x.yaml:3:1: found duplicate key 'a'; it is first set in line 1, column 1");
  CHECK(message("m: {a: 1, b: 2, a: 3}") ==
        "configs/x.yaml:1:17: found duplicate key 'a'; it is first set in line 1, column 5");
  CHECK(message("just text") == "configs/x.yaml:1:1: a configuration must hold 'key: value' lines, not a single str");
  CHECK(contains(message("a: ${b: c}"), "configs/x.yaml:1:"));
  CHECK(contains(message("a: ${b: c}"), "quote an interpolation"));
  CHECK(contains(message("x: {y: ${a}}"), "quote an interpolation"));
  CHECK(contains(message("a:\n\tb: 1"), "spaces, not tabs"));
  CHECK(contains(message("a: [1, 2"), "configs/x.yaml:1:"));
  CHECK(contains(message("a: b: c"), "configs/x.yaml:1:5: not valid YAML"));
  CHECK(contains(message("a: 'open"), "not valid YAML"));
  CHECK(contains(message("a: 1\n---\nb: 1"), "more than one YAML document"));
  CHECK(contains(message("a: !point 1"), "configs/x.yaml:1:4: the YAML tag '!point' is not supported"));
  CHECK(contains(message("a: !!int x"), "not a int, as its tag says"));
  CHECK(contains(message("[1, 2]: 3"), "a key must be text or a number, not a list"));
  CHECK(contains(message("? {a: 1}\n: 3"), "a key must be text or a number, not a dict"));
  CHECK(contains(message(": 1"), "a key is missing or null"));
  CHECK(contains(message("a: *nothing"), "configs/x.yaml:1:"));
  CHECK(contains(message("a: &x [*x]"), "an alias cannot stand inside the value it names"));
}

TEST_CASE("deep nesting and exploding aliases are refused, not suffered") {
  CHECK(contains(error_of([] { yaml("a: " + std::string(300, '[') + std::string(300, ']')); }),
                 "nested more than 200 deep"));
  CHECK_THROWS_AS(yaml(std::string(100000, '[')), Error);
  CHECK_THROWS_AS(yaml(std::string(100000, '{')), Error);
  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string old = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + old;
    for (int k = 0; k < 9; ++k) bomb += ", " + old;
    bomb += "]\n";
  }
  CHECK(contains(error_of([&] { yaml(bomb); }), "aliases expand to more than a million values"));
  CHECK(to_json(yaml("a: " + std::string(150, '[') + std::string(150, ']'))).size() == 300 + 7);
}

TEST_CASE("merge keys are applied: own keys win, then earlier maps of the list") {
  const std::string base = "x: &x {p: 1, q: 2}\ny: &y {q: 3, r: 4}\n";
  CHECK(to_json(*yaml(base + "z:\n  q: 9\n  <<: *x").find("z")) == R"({"p": 1, "q": 9})");
  CHECK(to_json(*yaml(base + "z:\n  <<: [*x, *y]\n  s: 5").find("z")) == R"({"p": 1, "q": 2, "r": 4, "s": 5})");
  CHECK(to_json(*yaml("z: {'<<': 1}").find("z")) == R"({"<<": 1})");
  CHECK(contains(error_of([] { yaml("z: {<<: 1}"); }), "'<<' merges a map"));
  CHECK(contains(error_of([] { yaml("z: {<<: [1]}"); }), "'<<' merges a map"));
}

TEST_CASE("an unreadable file is named") {
  CHECK(contains(error_of([] { load_yaml("/nonexistent/x.yaml"); }), "/nonexistent/x.yaml"));
}

TEST_CASE("what yaml-cpp would let pass is refused where it stands") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a: 'x\nb: 3\n", "t.yaml:1:4: not valid YAML: this quote is never closed"},
      {"a: 1\nb: !!str \"x\\\"\nc: 3\n", "t.yaml:2:4: not valid YAML: this quote is never closed"},
      {"k: !\"\n", "never closed"},
      {"a: 1\nsteps 10\n", "t.yaml:2:1: not valid YAML: expected ': ' and a value after 'steps 10'"},
      {"a: 1\nb:2\n", "expected ': ' and a value after 'b:2'"},
      {"a: 1\n%b: 2\n", "t.yaml:2:1: not valid YAML: a line cannot begin with '%'"},
      {"%: inf\n", "t.yaml:1:1: not valid YAML: a line cannot begin with '%'"},
      {std::string("a: 1\0", 5), "t.yaml: is not a text in UTF-8"},
      {"\xff\xfe"
       "a:1",
       "t.yaml: is not a text in UTF-8"},
      {"a: \xc3(", "t.yaml: is not a text in UTF-8"},
  };
  for (const auto& [text, message] : cases) {
    INFO(text);
    CHECK(contains(error_of([&] { yaml(text); }), message));
  }
  CHECK(to_json(yaml("a: 'it''s'\n\"b\" :\n? c\n? d\n: 1\ne: {f, g: }\n&x h :\n")) ==
        R"({"a": "it's", "b": null, "c": null, "d": 1, "e": {"f": null, "g": null}, "h": null})");
  CHECK(to_json(yaml("\xef\xbb\xbf%YAML 1.1\n---\r\na:\r\nb: 1\r\n")) == R"({"a": null, "b": 1})");
}

TEST_CASE("text that Python would read as a number, and control characters, are written quoted") {
  for (const char* text : {"08", "inf", "nan", "1_0", "-.5e3", "infinity"})
    CHECK(to_yaml(yaml("k: '" + std::string(text) + "'")) == "k: '" + std::string(text) + "'\n");
  CHECK(to_yaml(yaml("k: \"a\\u008e\\u0085\"")) == "k: \"a\\u008E\\u0085\"\n");
}

TEST_CASE("YAML is written in PyYAML's layout") {
  const Node node = yaml(
      "{a: 1, f: 1.0, e: 1e-5, big: 1e16, s: text, n: '12', t: 'true', y: 'yes', z: null, nul: 'null', empty: '', m: "
      "{}, l: [], inf: .inf,"
      " nested: {b: [1, [2, 3], {c: 4, d: [5]}]}, multi: \"two\\nlines\", i: '${a.b}', q: \"it's: fine\", on: off, "
      "date: '2024-01-31'}");
  CHECK(to_yaml(node) ==
        "a: 1\nf: 1.0\ne: 1.0e-05\nbig: 1.0e+16\ns: text\n'n': '12'\nt: 'true'\n'y': 'yes'\nz: null\nnul: "
        "'null'\nempty: ''\nm: {}\nl: []\n"
        "'inf': .inf\nnested:\n  b:\n  - 1\n  - - 2\n    - 3\n  - c: 4\n    d:\n    - 5\nmulti: \"two\\nlines\"\ni: "
        "${a.b}\n"
        "q: 'it''s: fine'\n'on': false\ndate: '2024-01-31'\n");
  CHECK(to_yaml(Node(Map())) == "{}\n");
  CHECK(to_yaml(yaml("- 1\n- a: 2")) == "- 1\n- a: 2\n");
}

TEST_CASE("what is written as YAML or JSON reads back to the same value") {
  Random random(20240131);
  for (int i = 0; i < 400; ++i) {
    Map top;
    top["tree"] = random_tree(random, 0);
    const Node node(std::move(top));
    const std::string text = to_yaml(node);
    INFO(text);
    const Node back = parse_yaml(text, "back.yaml");
    CHECK(back == node);
    CHECK(to_yaml(back) == text);
    CHECK(hash(back) == hash(node));
    CHECK(parse_json(to_json(node), "back.json") == node);
  }
}

}  // namespace lx::config
