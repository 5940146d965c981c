// Overrides that stand for several values: their axes, how values print, and the product.
#include "base/text.h"
#include "config/override.h"
#include "config/sweep.h"
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

using Jobs = std::vector<std::vector<std::string>>;
using Kind = SweepAxis::Kind;

std::vector<std::string> options_of_test(const std::string& group) {
  if (group == "experiment") return {"long", "short", "short_wide", "tail"};
  if (group == "db") return {"mysql", "pg"};
  return {};
}

std::vector<SweepAxis> axes_of(const std::vector<std::string>& overrides, const Node& params = {}) {
  return sweep_axes(params, overrides, options_of_test);
}
Jobs jobs_of(const std::vector<std::string>& overrides, const Node& params = {}) {
  return sweep_product(axes_of(overrides, params));
}
/// The values of one axis, joined by blanks.
std::string printed(const std::string& text) { return join(axes_of({"k=" + text}).at(0).values, " "); }
std::string sweep_error(const std::string& text) {
  return error_of([&] { jobs_of({text}); });
}

}  // namespace

TEST_CASE("a sweep is the product of its values, the last key changing fastest") {
  CHECK(jobs_of({"a=1,2", "b=3", "c=x,'y, z'"}) ==
        Jobs{{"a=1", "b=3", "c=x"}, {"a=1", "b=3", "c='y, z'"}, {"a=2", "b=3", "c=x"}, {"a=2", "b=3", "c='y, z'"}});
  CHECK(jobs_of({"+a=[1,2],[3]"}) == Jobs{{"+a=[1,2]"}, {"+a=[3]"}});
  CHECK(jobs_of({"a=choice(1, {b: 2})"}) == Jobs{{"a=1"}, {"a={b:2}"}});
  CHECK(jobs_of({"mine/x.yaml", "a=1"}) == Jobs{{"mine/x.yaml", "a=1"}});
  CHECK(jobs_of({}) == Jobs{{}});
}

TEST_CASE("a repeated key keeps its first place and takes the last value; keys differ by prefix and package") {
  CHECK(jobs_of({"a=1,2", "b=3", "a=4"}) == Jobs{{"a=4", "b=3"}});
  CHECK(jobs_of({"a=1", "b=3", "a=5,6"}) == Jobs{{"a=5", "b=3"}, {"a=6", "b=3"}});
  CHECK(jobs_of({"a=1", "+a=2", "a@p=3", "~a", "~a=4"}) == Jobs{{"a=1", "+a=2", "a@p=3", "~a=4"}});
  CHECK(jobs_of({"x.yaml", "y.yaml", "x.yaml"}) == Jobs{{"x.yaml", "y.yaml", "x.yaml"}});
}

TEST_CASE("values print as Hydra prints the overrides of a job") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"true,False", "True False"},
      {"null,NULL", "null null"},
      {"1_000,+5,-0", "1000 5 0"},
      {"1e-5,1E3,.5,1.,1e16,nan,-INF", "1e-05 1000.0 0.5 1.0 1e+16 nan -inf"},
      {"'a b',\"c\"", "'a b' \"c\""},
      {"'it\\'s'", "'it\\'s'"},
      {"'a\\\\'", "'a\\\\'"},
      {"a b", "a\\ b"},
      {"a:b", "a\\:b"},
      {"a\\,b", "a\\,b"},
      {"a\\b", "a\\\\b"},
      {"${a.b}", "$\\{a.b\\}"},
      {"/data/x-1.txt", "/data/x-1.txt"},
      {"{a: 1, b: x y}", "{a:1,b:x\\ y}"},
      {"{a b: [1, {}]}", "{a\\ b:[1,{}]}"},
      {"[ 1, 'x', [ ] ]", "[1,'x',[]]"},
      {"", ""},
      {"['',a]", "['',a]"},
      {"int(3.7)", "3"},
      {"float([1,2])", "[1.0,2.0]"},
      {"sort([3,1,2],reverse=true)", "[3,2,1]"},
      {"007,0x1F", "007 0x1F"},
      {"choice('a b','10','[#')", "a\\ b '10' '[#'"},
      {"sort('b',a)", "a b"},
      {"choice(['1'])", "['1']"},
  };
  for (const auto& [text, values] : cases) {
    INFO(text);
    CHECK(printed(text) == values);
  }
  CHECK(jobs_of({"~k"}) == Jobs{{"~k=null"}});
  CHECK(jobs_of({"k=extend_list(1, b c)"}) == Jobs{{"k=extend_list(1,b\\ c)"}});
}

TEST_CASE("text that would read back as something else is quoted in a job") {
  CHECK(printed("str(1,true)") == "'1' 'true'");
  CHECK(printed("str(['é',null])") == "['é','null']");
  CHECK(printed("json_str({a:[1,x]})") == "'{\"a\": [1, \"x\"]}'");
  CHECK(printed("str(\"it's\")") == "'it\\'s'");
}

TEST_CASE("ranges list integers exactly and floats by their decimal text") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"range(4)", "0 1 2 3"},
      {"range(1,4)", "1 2 3"},
      {"range(1,8,3)", "1 4 7"},
      {"range(start=1,stop=8,step=3)", "1 4 7"},
      {"range(-3,step=-1)", "0 -1 -2"},
      {"range(5,1,-2)", "5 3"},
      {"range(0,1,0.1)", "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"},
      {"range(0,10,3.3)", "0.0 3.3 6.6 9.9"},
      {"range(1.0,3)", "1.0 2.0"},
      {"range(1,0,-0.25)", "1.0 0.75 0.5 0.25"},
      {"range(1e-5,4e-5,1e-5)", "1e-05 2e-05 3e-05"},
      {"range(1e-300,1,0.5)", "1e-300 0.5"},
      {"range(3,1)", ""},
      {"float(range(3))", "0.0 1.0 2.0"},
      {"int(range(0.5,3))", "0 1 2"},
      {"sort(range(1,10,4),reverse=true)", "9 5 1"},
      {"sort(range(10,1,-4))", "2 6 10"},
      {"sort(range(0,1,0.5),reverse=true)", "0.5 0.0"},
  };
  for (const auto& [text, values] : cases) {
    INFO(text);
    CHECK(printed(text) == values);
  }
  CHECK(jobs_of({"a=range(3,1)", "b=1,2"}).empty());
  const SweepAxis axis = axes_of({"k=range(1,8,3)"})[0];
  CHECK(axis.kind == Kind::range);
  REQUIRE(axis.range.has_value());
  CHECK(axis.range->start == 1);
  CHECK(axis.range->stop == 8);
  CHECK(axis.range->step == 3);
  CHECK(axis.range->integer);
  CHECK_FALSE(axes_of({"k=range(1,8,0.5)"})[0].range->integer);
  CHECK(contains(sweep_error("k=range(1,2,0)"), "Invalid range values (start:1, stop:2, step:0)"));
  CHECK(contains(sweep_error("k=range(1,inf)"), "'inf' cannot bound a list"));
  CHECK(contains(sweep_error("k=range(0,1e9)"), "more than a million values"));
  CHECK(contains(sweep_error("k=range(10000000)"), "more than a million values"));
  CHECK(contains(sweep_error("k=str(range(3))"), "Range can only be cast to int or float"));
}

TEST_CASE("sort, shuffle and casts go through a sweep") {
  CHECK(printed("sort(3,1,2)") == "1 2 3");
  CHECK(printed("sort(choice(b,c,a),reverse=true)") == "c b a");
  CHECK(printed("sort(sweep=choice(b,a))") == "a b");
  CHECK(printed("sort(list=[b,a])") == "[a,b]");
  CHECK(printed("sort(x)") == "x");
  CHECK(printed("int(choice('1',2.5,true))") == "1 2 1");
  CHECK(printed("bool(0,1)") == "False True");
  CHECK(printed("int(1.5,'2')") == "1 2");
  const std::string once = printed("shuffle(range(8),seed=3)");
  CHECK(once == printed("shuffle(range(8),seed=3)"));
  CHECK(once != printed("range(8)"));
  CHECK(once != printed("shuffle(range(8),seed=4)"));
  CHECK(printed("shuffle(a,b,c)") == printed("shuffle(choice(a,b,c),seed=0)"));
  CHECK(printed("sort(shuffle(range(4)))") == "0 1 2 3");
  CHECK(contains(sweep_error("k=sort(1,a)"), "only all numbers or all strings"));
  CHECK(contains(sweep_error("k=sort(nan,1)"), "only all numbers or all strings"));
}

TEST_CASE("glob selects among the options of a group") {
  CHECK(printed("1") == "1");
  const auto of = [](const std::string& text) { return axes_of({text})[0].values; };
  using Values = std::vector<std::string>;
  CHECK(of("+experiment=glob(*)") == Values{"long", "short", "short_wide", "tail"});
  CHECK(of("+experiment=glob(s*)") == Values{"short", "short_wide"});
  CHECK(of("+experiment=glob([s*,l*],exclude=*wide)") == Values{"long", "short"});
  CHECK(of("+experiment=glob(*,exclude=[s*,t*])") == Values{"long"});
  CHECK(of("+experiment=glob('[!s]*')") == Values{"long", "tail"});
  CHECK(of("db@other=glob(my?ql)") == Values{"mysql"});
  CHECK(jobs_of({"+experiment=glob(l*)"}) == Jobs{{"+experiment=long"}});
  CHECK(contains(sweep_error("+experiment=glob(x*)"), "matches no option of 'experiment' (long, short, "));
  CHECK(contains(sweep_error("k=glob(*)"), "there is no group 'k'"));
  CHECK(contains(sweep_error("db=glob(1)"), "a pattern must be text"));
  CHECK(contains(sweep_error("db=sort(glob(*))"), "cannot be applied to glob()"));
}

TEST_CASE("an interval is carried for searches and refused by the product, in Hydra's words") {
  const SweepAxis plain = axes_of({"k=interval(0,1)"})[0];
  CHECK(plain.kind == Kind::interval);
  CHECK(plain.values.empty());
  REQUIRE(plain.interval.has_value());
  CHECK(plain.interval->low == 0);
  CHECK(plain.interval->high == 1);
  CHECK_FALSE(plain.interval->integer);
  const SweepAxis whole = axes_of({"k=tag(log,x,log,int(interval(1.5,8)))"})[0];
  CHECK(whole.interval->integer);
  CHECK(whole.interval->low == 1);
  CHECK(whole.tags == std::vector<std::string>{"log", "x"});
  CHECK(whole.is_log());
  CHECK(axes_of({"k=int(tag(log,interval(1,8)))"})[0].is_log());
  CHECK(axes_of({"k=tag(a,sweep=range(3))"})[0].has_tag("a"));
  CHECK(axes_of({"k=tag(a,choice(1,2))"})[0].values.size() == 2);
  CHECK(contains(sweep_error("k=interval(0,1)"),
                 "override 'k=interval(0,1)': BasicSweeper does not support sweep type : INTERVAL_SWEEP"));
  CHECK(contains(sweep_error("k=interval(1,0)"), "the smaller one first"));
  CHECK(contains(sweep_error("k=int(interval(1.2,1.8))"), "no integers between"));
  CHECK(contains(sweep_error("k=bool(interval(0,1))"), "Intervals cannot be cast to bool"));
  CHECK(contains(sweep_error("k=tag(a,b)"), "Last argument to tag() must be a choice(), range() or interval()"));
  CHECK(contains(sweep_error("k=tag(1,range(3))"), "tag arguments type must be string, got 1"));
}

TEST_CASE("axes come first from hydra.sweeper.params, and the command line replaces them by key") {
  const Node params = yaml("a: 1,2\n+b: choice(x)\nc: 3\nd: true\n");
  CHECK(jobs_of({}, params) == Jobs{{"a=1", "+b=x", "c=3", "d=True"}, {"a=2", "+b=x", "c=3", "d=True"}});
  CHECK(jobs_of({"e=5", "a=7"}, params) == Jobs{{"a=7", "+b=x", "c=3", "d=True", "e=5"}});
  CHECK(axes_of({}, params)[0].place.prefix() == "t.yaml:1:4: ");
  CHECK(contains(error_of([] { jobs_of({}, yaml("a: [1, 2]\n")); }), "t.yaml:1:4: hydra.sweeper.params.a is a list"));
  CHECK(contains(error_of([] { jobs_of({}, yaml("a: {b: 1}\n")); }), "is a dict; write dotted keys"));
  CHECK(
      contains(error_of([] { jobs_of({}, yaml("a: \?\?\?\n")); }), "Missing mandatory value: hydra.sweeper.params.a"));
  CHECK(contains(error_of([] { jobs_of({}, yaml("a: range(1\n")); }), "t.yaml:1:4: expected ',' or ')'"));
}

TEST_CASE("what cannot be swept is refused where it stands") {
  CHECK(contains(sweep_error("hydra.verbose=true,false"),
                 "Sweeping over Hydra's configuration is not supported : 'hydra.verbose=true,false'"));
  CHECK(contains(sweep_error("hydra/launcher=a,b"), "Sweeping over Hydra's configuration is not supported"));
  CHECK(jobs_of({"hydra.verbose=true"}) == Jobs{{"hydra.verbose=True"}});
  CHECK(contains(sweep_error("k=1,range(3)"), "a sweep cannot be one of the values of another"));
  CHECK(contains(sweep_error("k=[1,choice(a,b)]"), "a sweep cannot stand inside a list or dict"));
  CHECK(contains(sweep_error("k=[extend_list(1)]"), "must be the whole value"));
  CHECK(contains(error_of([] { jobs_of({"a=range(2000)", "b=range(2000)"}); }), "more than a million jobs"));
}

TEST_CASE("every value of an axis reads back as the value it stands for") {
  for (const char* text : {"a b,'x,y',[1,{k:'v'}],true,null,1e-5", "str(1,2.5,true)", "json_str([1],{a:b})", "${x},\\$",
                           "'a\\'b','\\\\'", "\\ a,b\\ ", "range(0,1,0.25)", "a\\\\b,c:d"}) {
    INFO(text);
    for (const auto& job : jobs_of({"k=" + std::string(text)})) {
      const Override once = parse_override(job[0]);
      CHECK_FALSE(once.is_sweep());
      CHECK(jobs_of({job[0]}) == Jobs{job});
    }
  }
}

}  // namespace lx::config
