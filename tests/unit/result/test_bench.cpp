// What is made of rounds: spreads, ratios round against round, and what a row is held against.
#include "catch.h"
#include "result/bench_record.h"

#include <cmath>

using namespace lx;

namespace {

BenchRow bench_row(int64_t cell, const std::string& part, int64_t length, std::vector<double> seconds) {
  BenchRow row;
  row.cell = cell;
  row.part = part;
  row.length = length;
  row.tokens = 100;
  row.operations = 1000;
  row.seconds = std::move(seconds);
  return row;
}

}  // namespace

TEST_CASE("a spread is a median with the middle half of the values", "[bench]") {
  const Spread odd = spread({5, 1, 3, 2, 4});
  CHECK(odd.low == 2);
  CHECK(odd.median == 3);
  CHECK(odd.high == 4);
  const Spread even = spread({1, 2, 3, 10});
  CHECK(even.low == Approx(1.75));
  CHECK(even.median == Approx(2.5));
  CHECK(even.high == Approx(4.75));
  CHECK(spread({7}).low == 7);
  CHECK(std::isnan(spread({}).median));
}

TEST_CASE("noise that meets both of a pair leaves their ratio alone", "[bench]") {
  const BenchRow slow = bench_row(0, "train", 64, {2, 4, 20}), fast = bench_row(1, "train", 64, {1, 2, 10});
  CHECK(ratios(fast, slow) == std::vector<double>{2, 2, 2});
  CHECK(tokens_per_second(slow) == std::vector<double>{50, 25, 5});
  BenchCell cell;
  cell.roof = {1000, 500, 100};
  CHECK(share_of_roof(slow, cell) == std::vector<double>{0.5, 0.5, 0.5});
  cell.roof = {0, 0, 0};
  CHECK(share_of_roof(slow, cell).empty());
}

TEST_CASE("a row is held against the same part of the reference cell, scoring at the same length", "[bench]") {
  BenchRecord record;
  record.cells.resize(2);
  record.cells[1].reference = 0;
  record.rows = {bench_row(0, "train", 64, {1}),     bench_row(0, "eval", 64, {1}),  bench_row(0, "eval", 128, {1}),
                 bench_row(1, "train", 128, {1}),    bench_row(1, "eval", 128, {1}), bench_row(1, "eval", 256, {1}),
                 bench_row(1, "attention", 128, {1})};
  const auto reference = [&](size_t row) { return reference_of(record, record.rows[row]); };
  CHECK(reference(0) == nullptr);
  CHECK(reference(3) == &record.rows[0]);
  CHECK(reference(4) == &record.rows[2]);
  CHECK(reference(5) == nullptr);
  CHECK(reference(6) == nullptr);
}
