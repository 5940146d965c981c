// The `sweep` section of an experiment file, and values printed as overrides.
#include "base/error.h"
#include "catch.h"
#include "config/override.h"
#include "config/yaml.h"
#include "sweep/block.h"

using namespace lx;

namespace {

SweepBlock block_of(const std::string& yaml) { return read_sweep_block(config::parse_yaml(yaml, "x.yaml")); }

std::vector<std::string> words_of(const Axis& axis) {
  std::vector<std::string> words;
  for (const Point& point : axis)
    for (const Setting& setting : point) words.push_back(setting.word);
  return words;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a sweep section is products, zipped lists, single cells, exclusions and seeds") {
  const SweepBlock block = block_of(
      "product: {encoding: [rope, kna], train.batch: [16]}\n"
      "zip: [{length: [64, 128], train.budget.steps: [800, 400]}]\n"
      "exclude: [{encoding: kna, length: 128}]\n"
      "cells: [{encoding: nope, length: 64}]\n"
      "seeds: 3\n");
  REQUIRE(block.axes.size() == 3);
  CHECK(words_of(block.axes[0]) == Words{"encoding=rope", "encoding=kna"});
  CHECK(words_of(block.axes[1]) == Words{"train.batch=16"});
  CHECK(words_of(block.axes[2]) ==
        Words{"length=64", "train.budget.steps=800", "length=128", "train.budget.steps=400"});
  REQUIRE(block.exclude.size() == 1);
  CHECK(block.exclude[0][1].value == config::Node(128));
  CHECK(block.cells.at(0).at(0).word == "encoding=nope");
  CHECK(words_of(block.seeds) == Words{"seed=0", "seed=1", "seed=2"});
  CHECK(words_of(block_of("seeds: [4, 9]").seeds) == Words{"seed=4", "seed=9"});
  CHECK(block_of("{}").empty());
  CHECK_FALSE(block_of("seeds: 1").empty());
}

TEST_CASE("mistakes in a sweep section are told with their place") {
  CHECK_THROWS_WITH(block_of("produkt: {a: [1]}"), Catch::Contains("x.yaml:1:1") && Catch::Contains("product"));
  CHECK_THROWS_WITH(block_of("product: {a: 1}"), Catch::Contains("x.yaml:1:14") && Catch::Contains("list of values"));
  CHECK_THROWS_WITH(block_of("zip: [{a: [1, 2], b: [3]}]"), Catch::Contains("b has 1 values"));
  CHECK_THROWS_WITH(block_of("seeds: none"), Catch::Contains("how many seeds"));
  CHECK_THROWS_WITH(block_of("seeds: 0"), Catch::Contains("how many seeds"));
  CHECK_THROWS_WITH(block_of("cells: [7]"), Catch::Contains("keys and values"));
  CHECK_THROWS_WITH(block_of("product: {'a b': [1]}"), Catch::Contains("cannot be set"));
}

TEST_CASE("a value printed as an override reads back the same") {
  const std::string yaml =
      "[1, -2, 1.0, 1e-05, .inf, true, null, '1', 'true', 'null', '', a, a b, 'a,b', 'it''s', 'back\\slash', "
      "'ends in \\', '\\''', '/data/x.txt', 'naïve', '#', [1, [a, 'b c']], {k: 1, l: [x, 'y,z'], m: {n: '2'}}, '${x}']";
  const config::Node all = config::parse_yaml("v: " + yaml, "x.yaml");
  for (const config::Node& value : all.find("v")->list()) {
    const std::string text = override_value_text(value);
    CAPTURE(text);
    CHECK(config::to_json(config::parse_override("k=" + text).value()) == config::to_json(value));
  }
}
