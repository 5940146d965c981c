// Laws of splitting and of finding near duplicates across the split.
#include "base/random.h"
#include "catch.h"
#include "data/duplicates.h"
#include "data/split.h"

#include <fmt/format.h>

#include <map>

namespace lx {
namespace {

std::string words(Random& random, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    for (uint64_t j = 0, n = 2 + random.below(8); j < n; ++j) text += static_cast<char>('a' + random.below(26));
    text += i % 11 == 10 ? '\n' : ' ';
  }
  return text;
}

}  // namespace

TEST_CASE("the split holds its fractions and never changes") {
  std::map<Split, int> counts;
  for (int i = 0; i < 10000; ++i) ++counts[split_of(fmt::format("document {}", i), 0.05, 0.1)];
  CHECK(std::abs(counts[Split::test] - 1000) < 150);
  CHECK(std::abs(counts[Split::valid] - 500) < 110);
  // Written down: prepared corpora and published numbers depend on it.
  std::string sides;  // the second letters: tRain, vAlid, tEst
  for (int i = 0; i < 12; ++i) sides += split_name(split_of(fmt::format("document {}", i), 0.25, 0.25))[1];
  CHECK(sides == "rarrrreraraa");
  CHECK(split_of("anything", 0, 0) == Split::train);
}

TEST_CASE("a document is in test for a small fraction only if it is for a larger one") {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    if (split_of(name, 0.1, 0.1) == Split::test) CHECK(split_of(name, 0.1, 0.3) == Split::test);
  }
}

TEST_CASE("near duplicates across the split are found, strangers and neighbours on one side are not") {
  Random random(3);
  const std::string a = words(random, 2000), b = words(random, 2000), c = words(random, 2000);
  const std::string header = words(random, 30);
  const std::vector<std::string> texts{
      a,                             // 0 test
      a.substr(0, 9000) + b,         // 1 train: holds most of 0
      c,                             // 2 train
      header + words(random, 2000),  // 3 test
      header + words(random, 2000),  // 4 train: only a heading in common with 3
      "short",                       // 5 test
      " sh ort\n",                   // 6 train: equal but for blanks
      c,                             // 7 train, the same side as 2
      b,                             // 8 valid: in 1
  };
  const std::vector<Split> splits{Split::test, Split::train, Split::train, Split::test, Split::train,
                                  Split::test, Split::train, Split::train, Split::valid};
  std::vector<std::vector<uint64_t>> samples;
  for (const std::string& text : texts) samples.push_back(sample_shingles(text));
  const std::vector<Leak> leaks = find_leaks(samples, splits, 0.3);
  REQUIRE(leaks.size() == 2);
  CHECK(leaks[0].document == 1);
  CHECK(leaks[1].document == 6);
  CHECK(leaks[1].twin == 5);
}

TEST_CASE("a hundred copies of one text are all found") {
  const std::vector<uint64_t> sample = sample_shingles("the same text again");
  std::vector<Split> splits(100, Split::train);
  splits[37] = Split::test;
  CHECK(find_leaks(std::vector(100, sample), splits, 0.5).size() == 99);
}

}  // namespace lx
