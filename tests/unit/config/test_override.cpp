// Laws of the override grammar: forms, typing, quotes, escapes, containers, casts, sweeps and messages.
#include "config/override.h"
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

std::string value_of(const std::string& text) {
  return error_of([&] { throw Error(to_json(parse_override("k=" + text).value())); });
}
std::string override_error(const std::string& text) {
  return error_of([&] { parse_override(text).value(); });
}

}  // namespace

TEST_CASE("the five forms of an override") {
  using Kind = Override::Kind;
  const std::vector<std::pair<std::string, Kind>> forms = {{"k=1", Kind::change},
                                                           {"+k=1", Kind::add},
                                                           {"++k=1", Kind::force_add},
                                                           {"~k=1", Kind::remove},
                                                           {"~k", Kind::remove}};
  for (const auto& [text, kind] : forms) {
    const Override override = parse_override(text);
    CHECK(override.kind == kind);
    CHECK(override.key == "k");
    CHECK(override.has_value == (text != "~k"));
    CHECK(override.place.prefix() == "override '" + text + "': ");
  }
  CHECK(value_of("") == "\"\"");
  CHECK(parse_override("~k").value().is_null());
}

TEST_CASE("keys may be dotted, indexed, groups, and have a package") {
  for (const char* key :
       {"a", "a.b.c", "dims.1", "1.a", "a.0", "a/b", "a/b/c", "_x", "$x", "a-b", "hydra.job.name", "x9"})
    CHECK(parse_override(std::string(key) + "=1").key == key);
  const Override with_package = parse_override("a/b@c.d=1");
  CHECK(with_package.key == "a/b");
  CHECK(with_package.package == "c.d");
  CHECK(with_package.key_with_package() == "a/b@c.d");
  for (const char* bad :
       {"",     "=1", "1=2", ".a=1", "a.=1", "a..b=1", "a b=1", "'a'=1",  "a[0]=1", "a@b:c=1", "a@=1", "a/=1",
        "/a=1", "a",  "+a",  "++a",  "a:b",  "é=1",    " a=1",  "a.01=1", "a/$b=1", "$a/b=1",  "a/1=1"})
    CHECK_THROWS_AS(parse_override(bad), Error);
}

TEST_CASE("elements are typed as Hydra types them") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"10", "10"},
      {"-10", "-10"},
      {"+10", "10"},
      {"0", "0"},
      {"1_000", "1000"},
      {"007", "\"007\""},
      {"0x1F", "\"0x1F\""},
      {"1__0", "\"1__0\""},
      {"9223372036854775807", "9223372036854775807"},
      {"1.", "1.0"},
      {".5", "0.5"},
      {"1e-3", "0.001"},
      {"1E3", "1000.0"},
      {"1_0.2_5", "10.25"},
      {"-1.5", "-1.5"},
      {".inf", "\".inf\""},
      {"01E5", "\"01E5\""},
      {"-01.5", "\"-01.5\""},
      {"0.5e1_0", "5000000000.0"},
      {"0_1.", "\"0_1.\""},
      {"1e5x", "\"1e5x\""},
      {"inf", R"({"__float__": "inf"})"},
      {"-INF", R"({"__float__": "-inf"})"},
      {"NaN", R"({"__float__": "nan"})"},
      {"true", "true"},
      {"FALSE", "false"},
      {"null", "null"},
      {"NULL", "null"},
      {"yes", "\"yes\""},
      {"on", "\"on\""},
      {"None", "\"None\""},
      {"1-2", "\"1-2\""},
      {"10 apples", "\"10 apples\""},
      {"null and void", "\"null and void\""},
      {"2024-01-31", "\"2024-01-31\""},
      {"true:1", "\"true:1\""},
      {" a  b ", "\"a  b\""},
      {"/data/x.txt", "\"/data/x.txt\""},
      {"a\\b", "\"a\\\\b\""},
      {"50%", "\"50%\""},
      {"a@b", "\"a@b\""},
      {"a?b|c*d+e$f", "\"a?b|c*d+e$f\""},
      {"http://x:80/y", "\"http://x:80/y\""},
      {"12:30", "\"12:30\""},
      {"'10'", "\"10\""},
      {"\"true\"", "\"true\""},
      {"' a '", "\" a \""},
      {"''", "\"\""},
      {"'it\\'s'", "\"it's\""},
      {"\"it's\"", "\"it's\""},
      {"'a\\nb'", "\"a\\\\nb\""},
      {"'a\\\\'", "\"a\\\\\""},
      {"'a\\\\\\'b'", "\"a\\\\'b\""},
      {"'a,b=c#!é'", "\"a,b=c#!é\""},
      {"'${a}'", "\"${a}\""},
      {"a\\,b", "\"a,b\""},
      {"a\\ b", "\"a b\""},
      {"\\(x\\)", "\"(x)\""},
      {"\\[1\\]", "\"[1]\""},
      {"a\\=b", "\"a=b\""},
      {"a\\:b", "\"a:b\""},
      {"a\\\\", "\"a\\\\\""},
      {"1\\ ", "\"1 \""},
      {"\\{", "\"{\""},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[1,[a,b],{c:1}]", R"([1, ["a", "b"], {"c": 1}])"},
      {"[ 1 , 2 ]", "[1, 2]"},
      {"{a:1,b:{c:x}}", R"({"a": 1, "b": {"c": "x"}})"},
      {"{1:a}", R"({"1": "a"})"},
      {"{a b.c: d}", R"({"a b.c": "d"})"},
      {"{a:1,a:2}", R"({"a": 2})"},
      {"{a:b:c}", R"({"a": "b:c"})"},
      {"['1',\"2\"]", R"(["1", "2"])"},
      {"{a:[1,{b:2}]}", R"({"a": [1, {"b": 2}]})"},
      {"${a.b}", "\"${a.b}\""},
      {"x_${a}_y", "\"x_${a}_y\""},
      {"${f:1,2}", "\"${f:1,2}\""},
      {"[${a},${b:1,2}]", R"(["${a}", "${b:1,2}"])"},
      {"${a.${b}}", "\"${a.${b}}\""},
      {"\\${a}", "\"\\\\${a}\""},
  };
  for (const auto& [text, json] : cases) {
    INFO(text);
    CHECK(value_of(text) == json);
  }
}

TEST_CASE("casts convert scalars, and lists and dicts value by value") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"int(12)", "12"},
      {"int('12')", "12"},
      {"int(12.7)", "12"},
      {"int(true)", "1"},
      {"float(3)", "3.0"},
      {"float('1e3')", "1000.0"},
      {"str(true)", "\"true\""},
      {"str(1e6)", "\"1000000.0\""},
      {"str(null)", "\"null\""},
      {"str(10)", "\"10\""},
      {"bool(TRUE)", "true"},
      {"bool('false')", "false"},
      {"bool(2)", "true"},
      {"bool(0.0)", "false"},
      {"str([1,{a:2}])", R"(["1", {"a": "2"}])"},
      {"float({a:1,b:[2]})", R"({"a": 1.0, "b": [2.0]})"},
      {"str( int( 3.5 ) )", "\"3\""},
      {"[int(1.5),str(2)]", R"([1, "2"])"},
      {"sort([3,1,2])", "[1, 2, 3]"},
      {"sort([b,a],reverse=true)", R"(["b", "a"])"},
      {"sort([1,2.5,2],reverse=True)", "[2.5, 2, 1]"},
  };
  for (const auto& [text, json] : cases) {
    INFO(text);
    CHECK(value_of(text) == json);
  }
  for (const char* bad :
       {"int('12.5')", "int(x)", "int(null)", "int(inf)", "bool(yes)", "float(x)", "sort([1,a])", "sort([a,[1]])"})
    CHECK_THROWS_AS(parse_override("k=" + std::string(bad)).value(), Error);
  CHECK(override_error("k=bool(yes)") == "override 'k=bool(yes)': bool(): the str 'yes' cannot be converted");
  CHECK(value_of("shuffle([1,2,3,4,5],seed=1)") == value_of("shuffle([1,2,3,4,5],seed=1)"));
  CHECK(value_of("sort(shuffle([3,1,2]))") == "[1, 2, 3]");
}

TEST_CASE("json_str writes JSON as Python does") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"json_str({a:[1,2.0,true,null],b:'x y'})", R"({"a": [1, 2.0, true, null], "b": "x y"})"},
      {"json_str([])", "[]"},
      {"json_str({})", "{}"},
      {"json_str(foo)", R"("foo")"},
      {"json_str(inf)", "Infinity"},
      {"json_str(-inf)", "-Infinity"},
      {"json_str(nan)", "NaN"},
      {"json_str('é€\"\U0001F600\\b')", R"("\u00e9\u20ac\"\ud83d\ude00\\b")"},
      {"json_str(value=[1])", "[1]"},
  };
  for (const auto& [text, json] : cases) {
    INFO(text);
    CHECK(parse_override("k=" + text).value() == Node(json));
  }
  CHECK(parse_override("k=json_str(1,2)").is_sweep());
}

TEST_CASE("extend_list adds to a list and stands alone") {
  const Override more = parse_override("k=extend_list(1,[a],'x')");
  CHECK(more.kind == Override::Kind::extend);
  CHECK(to_json(more.value()) == R"([1, ["a"], "x"])");
  CHECK(value_of("extend_list()") == "[]");
  for (const char* bad : {"+k=extend_list(1)", "++k=extend_list(1)", "~k=extend_list(1)"})
    CHECK(contains(override_error(bad), "Trying to use override symbols when extending a list"));
  CHECK(contains(override_error("k=[extend_list(1)]"), "must be the whole value"));
  CHECK(contains(override_error("k={a:extend_list(1)}"), "must be the whole value"));
}

TEST_CASE("sweeps are parsed, and refused in a single run with Hydra's words") {
  for (const char* text : {"k=1,2",
                           "k=a, b ,c",
                           "k=[1],[2]",
                           "k='a,b',c",
                           "k=choice(a)",
                           "k=choice(a,b)",
                           "k=range(8)",
                           "k=range(1,8)",
                           "k=range(1,8,3)",
                           "k=range(start=1,stop=8,step=3)",
                           "k=range(1,8,step=0.5)",
                           "k=interval(0,1)",
                           "k=interval(start=0,end=1)",
                           "k=glob(*)",
                           "k=glob([a*,b],exclude=c)",
                           "k=tag(log,interval(0,1))",
                           "k=int(interval(0,1))",
                           "k=sort(b,a)",
                           "k=int(1,2)",
                           "k=str(sort(b,a))",
                           "k=shuffle(1,2,3)",
                           "k=sort(range(3),reverse=true)",
                           "k=float(range(3))",
                           "+k=1,2",
                           "k=[1,choice(a,b)]"}) {
    INFO(text);
    CHECK(parse_override(text).is_sweep());
    CHECK_THROWS_AS(parse_override(text).value(), Error);
  }
  for (const char* text : {"k=1", "k=[1,2]", "k='1,2'", "k=1\\,2", "k=int(1)", "k=sort([1,2])", "k=sort(a)",
                           "k=shuffle(a)", "k=extend_list(1,2)", "~k"})
    CHECK_FALSE(parse_override(text).is_sweep());
  CHECK(override_error("k=1,2") ==
        "Ambiguous value for argument 'k=1,2'\n1. To use it as a list, use key=[value1,value2]\n2. To use it as "
        "string, quote the value: "
        "key=\\'value1,value2\\'\n3. To sweep over it, add --multirun to your command line");
  CHECK(override_error("k=range(3)") == "Sweep parameters 'k=range(3)' requires --multirun");
  const Override sweep = parse_override("k=1,range(start=1,stop=3)");
  CHECK(sweep.values.size() == 2);
  CHECK(sweep.values[1].function == "range");
  CHECK(sweep.values[1].names == std::vector<std::string>{"start", "stop"});
}

TEST_CASE("calls must suit their function") {
  CHECK(override_error("k=chioce(a,b)") ==
        "override 'k=chioce(a,b)': Unknown function 'chioce'; did you mean 'choice'? (known: bool, choice, "
        "extend_list, float, glob, int, interval, json_str, range, shuffle, sort, str, tag); quote the value if it is "
        "meant as text\n  k=chioce(a,b)\n    ^");
  CHECK(contains(override_error("k=choice()"), "choice(): needs at least 1 argument"));
  CHECK(contains(override_error("k=choice(choice(a),b)"), "nesting choices is not supported"));
  CHECK(contains(override_error("k=range(a)"), "every argument must be a number"));
  CHECK(contains(override_error("k=range(1,2,3,4)"), "takes at most 3 arguments"));
  CHECK(contains(override_error("k=range(1,stepp=3)"), "unexpected argument 'stepp'; did you mean 'step'?"));
  CHECK(contains(override_error("k=range(1,start=3)"), "multiple values for argument 'start'"));
  CHECK(contains(override_error("k=range(start=1,8)"), "a positional argument cannot follow a named one"));
  CHECK(contains(override_error("k=range(start=1)"), "needs stop"));
  CHECK(contains(override_error("k=range(step=1)"), "needs stop"));
  CHECK(contains(override_error("k=range(stop=1)"), "needs stop beside start"));
  CHECK(contains(override_error("k=sort(list={})"), "list= takes a list"));
  CHECK(contains(override_error("k=sort(sweep=a)"), "sweep= takes a sweep"));
  CHECK(contains(override_error("k=int(1,value=2)"), "cannot use both positional and named arguments"));
  CHECK(contains(override_error("k=interval(1)"), "needs at least 2 arguments"));
  CHECK(contains(override_error("k=sort(reverse=true)"), "needs something to order"));
}

TEST_CASE("a mistake shows the text with a caret under the spot") {
  CHECK(override_error("train.lr=[1,2") ==
        "override 'train.lr=[1,2': expected ',' or ']'\n  train.lr=[1,2\n               ^");
  CHECK(override_error("k=a#b") ==
        "override 'k=a#b': '#' is not allowed here; quote the value, or escape the character with a backslash\n  "
        "k=a#b\n     ^");
  CHECK(override_error("+k") == "override '+k': expected '=' and a value\n  +k\n    ^");
  CHECK(contains(override_error("k=é"), "'é' is not allowed here"));
  CHECK(contains(override_error("k='a'b"), "nothing may follow a quoted value"));
  CHECK(contains(override_error("k='abc"), "the quote ' is never closed\n  k='abc\n    ^"));
  CHECK(contains(override_error("k=${a"), "the interpolation is never closed"));
  CHECK(contains(override_error("k='\xc3'"), "is not a text in UTF-8"));
  CHECK(contains(override_error("k={'a':1}"), "expected a key"));
  CHECK(contains(override_error("k=99999999999999999999"), "does not fit into 64 bits"));
  for (const char* bad : {"k=[1,]", "k=[,1]", "k={a}", "k={a:}", "k={a:1", "k=a,",  "k=,a",      "k=b'c'",
                          "k=a=b",  "k=(a)",  "k=a(b", "k=a]",   "k=]",    "k=}",   "k=a b(c)",  "k=[1 2",
                          "k=a{b}", "k=~",    "k=a;b", "k=a<b",  "k=a&b",  "k=a!b", "k={${a}:1}"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_override(bad), Error);
  }
  CHECK(contains(override_error("k=" + std::string(5000, '[')), "nested more than 200 deep"));
}

}  // namespace lx::config
