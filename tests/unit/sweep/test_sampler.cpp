// Where searches look: points of the unit cube, the values they stand for, and the rungs of halving.
#include "base/error.h"
#include "catch.h"
#include "config/override.h"
#include "config/scalar.h"
#include "sweep/sampler.h"
#include "sweep/search_axis.h"
#include "sweep/search_rungs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lx {
namespace {

using Points = std::vector<std::vector<double>>;

Points drawn(const PointSampler& sampler, int64_t count, int64_t first = 0) {
  Points points;
  for (int64_t n = 0; n < count; ++n) points.push_back(sampler.point(first + n));
  return points;
}

/// Exact for two dimensions: the worst box is spanned by coordinates of points.
double star_discrepancy(const Points& points) {
  std::vector<double> xs{1}, ys{1};
  for (const auto& point : points) xs.push_back(point[0]), ys.push_back(point[1]);
  double worst = 0;
  for (const double x : xs) {
    for (const double y : ys) {
      double open = 0, closed = 0;
      for (const auto& point : points) {
        open += point[0] < x && point[1] < y;
        closed += point[0] <= x && point[1] <= y;
      }
      const auto n = static_cast<double>(points.size());
      worst = std::max({worst, x * y - open / n, closed / n - x * y});
    }
  }
  return worst;
}

config::SweepAxis axis(const std::string& text) { return config::sweep_axes({}, {"k=" + text}, {}).at(0); }

std::string search_error(const std::string& text) {
  try {
    check_search_axis(axis(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<int64_t> resources(const std::vector<SearchRung>& rungs) {
  std::vector<int64_t> out;
  for (const SearchRung& rung : rungs) out.push_back(rung.resource.value_or(0));
  return out;
}

}  // namespace

TEST_CASE("a sampler draws the same points again, others with another seed, each by its number alone") {
  for (const bool halton : {false, true}) {
    const auto make = [&](uint64_t seed) {
      return halton ? halton_sampler(seed, 3) : random_sampler(seed, {"a", "b", "c"});
    };
    const auto first = make(7), again = make(7), other = make(8);
    CHECK(drawn(*first, 20) == drawn(*again, 20));
    CHECK(first->point(19) == drawn(*again, 20)[19]);
    CHECK(drawn(*first, 20) != drawn(*other, 20));
    for (const auto& point : drawn(*first, 500))
      for (const double share : point) CHECK((share >= 0 && share < 1));
  }
}

TEST_CASE("another dimension leaves the random points of the others as they are") {
  const auto two = random_sampler(3, {"lr", "batch"}), three = random_sampler(3, {"depth", "lr", "batch"});
  for (int64_t n = 0; n < 10; ++n) {
    const auto a = two->point(n), b = three->point(n);
    CHECK(a[0] == b[1]);
    CHECK(a[1] == b[2]);
  }
}

TEST_CASE("random shares are uniform") {
  const Points points = drawn(*random_sampler(1, {"k"}), 4000);
  std::vector<int> counts(10);
  for (const auto& point : points) ++counts[static_cast<size_t>(point[0] * 10)];
  double chi = 0;
  for (const int count : counts) chi += (count - 400.0) * (count - 400.0) / 400.0;
  CHECK(chi < 27.9);  // 9 degrees of freedom: one in a thousand is larger
}

TEST_CASE("any b^k quasi-random points in a row put one into each of b^k equal shares") {
  const std::vector<std::pair<size_t, int64_t>> shares{{0, 2}, {0, 16}, {0, 64}, {1, 3},  {1, 27},
                                                       {2, 5}, {2, 25}, {3, 7},  {3, 49}, {4, 11}};
  for (const uint64_t seed : {0, 1, 2}) {
    const auto sampler = halton_sampler(seed, 5);
    for (const auto& [dimension, count] : shares) {
      for (const int64_t first : {0, 1, 13, 1000}) {
        std::set<int64_t> hit;
        for (const auto& point : drawn(*sampler, count, first))
          hit.insert(static_cast<int64_t>(point[dimension] * static_cast<double>(count)));
        CHECK(static_cast<int64_t>(hit.size()) == count);
      }
    }
  }
}

TEST_CASE("the first quasi-random points are spread better than random ones") {
  for (const int64_t count : {16, 50, 100}) {
    double random = 0, quasi = 0;
    for (uint64_t seed = 0; seed < 10; ++seed) {
      random += star_discrepancy(drawn(*random_sampler(seed, {"a", "b"}), count));
      quasi += star_discrepancy(drawn(*halton_sampler(seed, 2), count));
    }
    CHECK(quasi < 0.75 * random);
  }
}

TEST_CASE("a share becomes a value of its axis, of its type") {
  CHECK(value_at(axis("interval(0,4)"), 0.25) == "1.0");
  CHECK(value_at(axis("interval(-1,1)"), 0.0) == "-1.0");
  CHECK(std::stod(value_at(axis("interval(0,1)"), std::nextafter(1.0, 0.0))) < 1);
  CHECK(value_at(axis("tag(log,interval(0.0001,0.01))"), 0.5) == "0.001");
  CHECK(value_at(axis("a,b,c,d"), 0.5) == "c");
  CHECK(value_at(axis("range(10,40,10)"), 0.99) == "30");
  CHECK(value_at(axis("int(interval(1,4))"), 0.0) == "1");
  CHECK(value_at(axis("int(interval(1,4))"), 0.999) == "4");
  CHECK(config::parse_override("k=" + value_at(axis("choice('x, y',z)"), 0.0)).value() == config::Node("x, y"));
}

TEST_CASE("equal shares stand for equally many values, with tag(log) in the logarithm") {
  std::map<std::string, int> plain, wide;
  for (int n = 0; n < 4000; ++n) {
    ++plain[value_at(axis("int(interval(1,4))"), (n + 0.5) / 4000)];
    ++wide[value_at(axis("tag(log,int(interval(1,1000)))"), (n + 0.5) / 4000)];
  }
  CHECK(plain == std::map<std::string, int>{{"1", 1000}, {"2", 1000}, {"3", 1000}, {"4", 1000}});
  int below = 0;
  for (const auto& [text, count] : wide) below += std::stoi(text) <= 31 ? count : 0;
  CHECK(below == Approx(4000 * std::log(31.5 / 0.5) / std::log(1000.5 / 0.5)).margin(3));
}

TEST_CASE("drawn numbers are short, inside, near what was drawn, and floats when read back") {
  const auto sampler = random_sampler(5, {"k"});
  for (const std::string text : {"interval(0,1)", "tag(log,interval(1e-5,1e-2))", "interval(1000000,1000001)"}) {
    const config::SweepAxis k = axis(text);
    for (int64_t n = 0; n < 300; ++n) {
      const double share = sampler->point(n)[0], low = k.interval->low, high = k.interval->high;
      const std::string value = value_at(k, share);
      const config::Node read = config::parse_override("k=" + value).value();
      CHECK(read.kind() == config::Node::Kind::real);
      CHECK((read.real() >= low && read.real() < high));
      const double at =
          k.is_log() ? std::log(read.real() / low) / std::log(high / low) : (read.real() - low) / (high - low);
      CHECK(at == Approx(share).margin(1.01e-6));
      CHECK(value.size() <= 14);
    }
  }
}

TEST_CASE("what cannot be searched is refused with the reason") {
  CHECK(search_error("interval(0,1)").empty());
  CHECK_THAT(search_error("tag(log,interval(0,1))"), Catch::Contains("positive"));
  CHECK_THAT(search_error("tag(log,int(interval(0,4)))"), Catch::Contains("begins at 0.0"));
  CHECK_THAT(search_error("range(4,4)"), Catch::Contains("empty"));
  CHECK_THAT(search_error("tag(wide,interval(0,1))"), Catch::Contains("'wide'"));
  CHECK_THAT(search_error("tag(log,choice(1,10))"), Catch::Contains("interval"));
}

TEST_CASE("rungs of halving: a share of 1/eta goes on with eta times the budget, until one is left") {
  const auto rungs = halving_rungs(27, 3, {}, 2700, "train.budget.steps");
  CHECK(resources(rungs) == std::vector<int64_t>{100, 300, 900, 2700});
  CHECK(rungs[0].trials == 27);
  CHECK(rungs[3].trials == 1);
  CHECK(resources(halving_rungs(10, 3, 5, 0, "k")) == std::vector<int64_t>{5, 15, 45});
  CHECK(resources(halving_rungs(9, 3, {}, 12, "k")) == std::vector<int64_t>{1, 4, 12});
  CHECK(resources(halving_rungs(1, 3, {}, 12, "k")) == std::vector<int64_t>{12});
  CHECK_THROWS_WITH(halving_rungs(27, 3, {}, 20, "k"), Catch::Contains("k=20 is too little for the 4 rungs"));
}

}  // namespace lx
