// Overrides that stand for several values.
#include "base/error.h"
#include "catch.h"
#include "config/sweep.h"

using namespace lx;
using Lists = std::vector<std::vector<std::string>>;

TEST_CASE("a sweep is the product of its values, the last changing fastest, each as it was typed") {
  CHECK(config::expand_sweep({"a=1,2", "b=3", "c=x,'y, z'"}) ==
        Lists{{"a=1", "b=3", "c=x"}, {"a=1", "b=3", "c='y, z'"}, {"a=2", "b=3", "c=x"}, {"a=2", "b=3", "c='y, z'"}});
  CHECK(config::expand_sweep({"+a=[1,2],[3]"}) == Lists{{"+a=[1,2]"}, {"+a=[3]"}});
  CHECK(config::expand_sweep({"a=choice(1, {b: 2})"}) == Lists{{"a=1"}, {"a={b: 2}"}});
  CHECK(config::expand_sweep({"mine/x.yaml", "a=1"}) == Lists{{"mine/x.yaml", "a=1"}});
  CHECK(config::expand_sweep({}) == Lists{{}});
}

TEST_CASE("what is no choice is refused where it stands") {
  CHECK_THROWS_WITH(config::expand_sweep({"a=range(1,4)"}), Catch::Contains("key=a,b or key=choice(a,b)"));
  CHECK_THROWS_WITH(config::expand_sweep({"a=interval(1,4)"}), Catch::Contains("override 'a=interval(1,4)'"));
}
