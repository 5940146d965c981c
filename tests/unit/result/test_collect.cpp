// Sweeps collected into one file: names, dimensions, holes, states, rows, and that equal sweeps are equal files.
#include "catch.h"
#include "result/axis_names.h"
#include "result/grid.h"
#include "result/hdf5.h"
#include "sample_sweep.h"
#include "temporary.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lx {
namespace {

struct Collected {
  TemporaryFolder folder{};
  CollectOutcome outcome{};
  hdf5::File file;
  explicit Collected(SampleSweep (*make)(const fs::path&))
      : outcome(make(folder.path).collect()), file(hdf5::File::open(outcome.hdf5)) {}
};

SweepCell grid_cell(SampleSweep::Values values, int64_t seed, const std::string& run) {
  SweepCell cell;
  cell.coordinates = std::move(values);
  cell.seed = seed;
  cell.run_id = run;
  return cell;
}

std::vector<std::string> lines_of(const fs::path& path) {
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t to = text.find('\n', from);
    lines.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return lines;
}

bool mentions_text(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a swept key is called by the last word that is free, short of a clash") {
  using Names = std::vector<std::string>;
  CHECK(axis_names({"encoding", "train.optimizer.lr", "seed"}) == Names{"encoding", "lr", "seed"});
  CHECK(axis_names({"length", "seed"}) == Names{"trained_length", "seed"});
  CHECK(axis_names({"train.optimizer.lr", "train.ema.lr"}) == Names{"optimizer_lr", "ema_lr"});
  CHECK(axis_names({"data.text", "a.method", "b.lambda"}) == Names{"data_text", "a_method", "b_lambda"});
  CHECK(axis_names({"+eval.lengths.0", "model@model.big", "db/x-y"}) == Names{"lengths_0", "big", "x_y"});
  CHECK(axis_names({"data.seed", "seed"}) == Names{"data_seed", "seed"});
  CHECK(axis_names({"a.b", "a/b"}) == Names{"a_b_0", "a_b_1"});
  CHECK(axis_names({"loss", "0"}) == Names{"key_loss_0", "key_0_1"});
}

TEST_CASE("a product has a dimension for every swept key and the seed, numbers ascending") {
  const Collected made(product_sweep);
  CHECK(made.outcome.dimensions == std::vector<std::string>{"encoding (2)", "lr (2)", "seed (3)"});
  CHECK(made.outcome.done == 10);
  CHECK(made.outcome.failed == 1);
  CHECK(made.outcome.pending == 1);
  CHECK(made.outcome.cells == 12);
  const hdf5::Group eval = made.file.group("eval");
  CHECK(eval.dataset("encoding").read_strings() == std::vector<std::string>{"rope", "alibi"});
  CHECK(eval.dataset("lr").read<double>() == std::vector<double>{0.0003, 0.001});
  CHECK(eval.dataset("lr").text("key") == "train.optimizer.lr");
  CHECK(eval.dataset("seed").read<int64_t>() == std::vector<int64_t>{0, 1, 2});
  CHECK(eval.dataset("loss").shape() == hdf5::Shape{2, 2, 3, 2, 2, 2});
  const auto loss = eval.dataset("loss").read<double>();
  // rope, lr 0.0003, seed 1, tail, window, 512
  CHECK(loss[((((0 * 2 + 0) * 3 + 1) * 2 + 1) * 2 + 1) * 2 + 1] == 1.5 + 0.25 + 0.25 + 0.125 + 8);
  // alibi, lr 0.0003: the failed seed and the pending one are holes
  const size_t hole = ((1 * 2 + 0) * 3 + 1) * 8;
  CHECK(std::all_of(loss.begin() + hole, loss.begin() + hole + 16, [](double value) { return std::isnan(value); }));
  CHECK(std::count_if(loss.begin(), loss.end(), [](double value) { return std::isnan(value); }) == 16);
  CHECK(eval.dataset("documents").read<int64_t>()[hole] == -1);
  CHECK(eval.dataset("state").read<uint8_t>() == std::vector<uint8_t>{1, 1, 1, 1, 1, 1, 1, 2, 3, 1, 1, 1});
  CHECK(eval.dataset("cell").read<int64_t>() == std::vector<int64_t>{3, 4, 5, 0, 1, 2, 9, 10, 11, 6, 7, 8});
  CHECK(eval.integer("trained_length") == 64);
  CHECK_FALSE(eval.has("by_multiple"));
  CHECK(eval.dataset("notes").shape() == hdf5::Shape{2});
  CHECK(made.file.group("train").dataset("final_valid_loss").read<double>()[0] == 3.0);
  CHECK(made.file.group("documents").dataset("loss").shape() == hdf5::Shape{2, 2, 3, 2, 2, 2, 2});
  CHECK(made.file.group("documents").dataset("targets").shape() == hdf5::Shape{2, 2, 2});
  CHECK(made.file.group("runs").dataset("state").read<uint8_t>()[10] == 2);
  CHECK(made.file.group("provenance").dataset("reason").read_strings()[10] == "no such luck");
}

TEST_CASE("a ragged sweep keeps every number, says where there is none, and measures lengths in both ways") {
  const Collected made(ragged_sweep);
  const hdf5::Group eval = made.file.group("eval");
  CHECK(eval.dataset("trained_length").read<int64_t>() == std::vector<int64_t>{8, 16});
  CHECK(eval.dataset("tied").read<uint8_t>() == std::vector<uint8_t>{0, 1});
  CHECK(eval.dataset("tied").text("dtype") == "bool");
  CHECK(eval.dataset("window").read_strings() ==
        std::vector<std::string>{"null", "64", "auto", R"(["rope", "log_n"])"});
  CHECK(std::isnan(eval.dataset("width").read<double>().back()));
  CHECK(eval.dataset("length").read<int64_t>() == std::vector<int64_t>{8, 16, 32, 64});
  CHECK(eval.dataset("variant").read_strings() == std::vector<std::string>{"none", "window", "pi"});
  CHECK(eval.dataset("multiple").read<double>() == std::vector<double>{1, 2, 4, 8, 0.5, 1, 2, 4});
  const auto state = eval.dataset("state").read<uint8_t>();
  CHECK(std::count(state.begin(), state.end(), 0) == static_cast<int64_t>(state.size()) - 5);
  CHECK(std::count(state.begin(), state.end(), 1) == 4);
  const hdf5::Group multiples = eval.group("by_multiple");
  CHECK(multiples.dataset("multiple").read<double>() == std::vector<double>{1, 2, 4});
  CHECK(multiples.dataset("length").read<int64_t>() == std::vector<int64_t>{8, 16, 32, 16, 32, 64});
  // No number is lost on either way.
  for (const hdf5::Group* group : {&eval, &multiples}) {
    const auto loss = group->dataset("loss").read<double>();
    CHECK(std::count_if(loss.begin(), loss.end(), [](double value) { return !std::isnan(value); }) ==
          (2 + 1 + 2 + 1) * 2 * 3);
  }
}

TEST_CASE("keys that go together share one dimension, and a search has one for its cells") {
  const Collected zipped(zipped_sweep);
  CHECK(zipped.outcome.names == std::vector<std::string>{"encoding", "width", "seed"});
  const hdf5::Group eval = zipped.file.group("eval");
  CHECK(eval.dataset("lr").read<double>() == std::vector<double>{0.002, 0.001, 0.001});
  CHECK(eval.text("coordinates") == "lr multiple");

  const Collected search(search_sweep);
  CHECK(search.outcome.names == std::vector<std::string>{"cell"});
  CHECK(search.file.group("eval").dataset("loss").shape() == hdf5::Shape{20, 2, 2, 2});
  CHECK(search.file.group("eval").dataset("lr").length() == 20);
  CHECK(mentions_text(search.file.text("layout"), "places for 20 cells"));
}

TEST_CASE("a cell that does not name a swept key has no value there") {
  const std::vector<SweepCell> cells{grid_cell({{"width", int64_t{4}}}, 0, "a"),
                                     grid_cell({{"encoding", "x"}}, 0, "b")};
  const Grid grid = make_grid(cells, 1, false);
  CHECK(grid.axes[0].values[0].real() == 4);
  CHECK(std::isnan(grid.axes[0].values[1].real()));
  CHECK(grid.axes[1].values[0].string() == "(not set)");
}

TEST_CASE("cells that their coordinates do not tell apart lie in a row, unless they are one run") {
  const std::vector<SweepCell> same{grid_cell({{"lr", 1}}, 0, "a"), grid_cell({{"lr", 1.0}}, 0, "a"),
                                    grid_cell({{"lr", 2.0}}, 0, "b")};
  CHECK_FALSE(make_grid(same, 1, false).flat);
  const std::vector<SweepCell> two{grid_cell({{"lr", 1}}, 0, "a"), grid_cell({{"lr", 1}}, 0, "b")};
  CHECK(make_grid(two, 1, false).flat);
  CHECK(make_grid(same, 1, true).flat);
}

TEST_CASE("texts that would be told apart no more keep their quotes") {
  const std::vector<SweepCell> cells{grid_cell({{"x", "3"}}, 0, "a"), grid_cell({{"x", int64_t{3}}}, 0, "b"),
                                     grid_cell({{"x", true}}, 0, "c")};
  const Grid grid = make_grid(cells, 1, false);
  REQUIRE(grid.axes.size() == 2);
  std::vector<std::string> texts;
  for (const config::Node& value : grid.axes[0].values) texts.push_back(value.string());
  CHECK(texts == std::vector<std::string>{"\"3\"", "3", "true"});
}

TEST_CASE("equal sweeps are equal files but for /provenance, and the rows are the same bytes") {
  const TemporaryFolder a, b;
  const SampleSweep first = product_sweep(a.path);
  const CollectOutcome one = first.collect(), again = product_sweep(a.path).collect();
  const std::string bytes = read_file(one.hdf5);
  CHECK(bytes == read_file(again.hdf5));
  const CollectOutcome two = product_sweep_elsewhere(b.path).collect();
  CHECK(read_file(one.csv) == read_file(two.csv));
  CHECK(read_file(one.jsonl) == read_file(two.jsonl));
  const hdf5::File left = hdf5::File::open(one.hdf5), right = hdf5::File::open(two.hdf5);
  for (const char* name : {"loss", "gap"}) {
    const auto x = left.group("eval").dataset(name).read<double>(),
               y = right.group("eval").dataset(name).read<double>();
    CHECK(std::equal(x.begin(), x.end(), y.begin(), y.end(),
                     [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); }));
  }
  CHECK(left.text("config_yaml") == right.text("config_yaml"));
  CHECK(left.group("provenance").text("multirun_yaml") != right.group("provenance").text("multirun_yaml"));
}

TEST_CASE("rows hold every measured number once, typed") {
  const Collected made(ragged_sweep);
  const auto csv = lines_of(made.outcome.csv), jsonl = lines_of(made.outcome.jsonl);
  CHECK(made.outcome.rows == (2 + 1 + 2 + 1) * 2 * 3);
  REQUIRE(csv.size() == static_cast<size_t>(made.outcome.rows) + 1);
  REQUIRE(jsonl.size() == static_cast<size_t>(made.outcome.rows));
  CHECK(mentions_text(csv[0], "trained_length,tied,window,width,seed,text,variant,length,multiple,loss,loss_se,"));
  CHECK(mentions_text(csv[1], "8,True,null,,3,natural,none,8,1.0,1.125,0.0625,"));
  CHECK(mentions_text(jsonl[0], R"({"trained_length": 8, "tied": true, "window": null, "width": null, "seed": 3, )"));
  CHECK(mentions_text(jsonl.back(), R"("width": 4)"));
}

TEST_CASE("a run.h5 that cannot be read is a failed cell, and no cell at all is refused") {
  const TemporaryFolder folder;
  SampleSweep sweep = product_sweep(folder.path);
  write_file(sweep.cells[0].run_file, "just words");
  const CollectOutcome outcome = sweep.collect();
  CHECK(outcome.done == 9);
  CHECK(outcome.failed == 2);
  const hdf5::File file = hdf5::File::open(outcome.hdf5);
  CHECK(mentions_text(file.group("provenance").dataset("reason").read_strings()[0], "is not an HDF5 file"));
  sweep.cells.clear();
  CHECK(mentions_text(message_of([&] { sweep.collect(); }), "has no cell"));
}

TEST_CASE("a sweep of which nothing is done yet is collected as well") {
  const TemporaryFolder folder;
  SampleSweep sweep{folder.path};
  sweep.add({{"encoding", "rope"}}, 0, SweptState::pending);
  sweep.add({{"encoding", "nope"}}, 0, SweptState::failed);
  const CollectOutcome outcome = sweep.collect();
  CHECK(outcome.rows == 0);
  const hdf5::File file = hdf5::File::open(outcome.hdf5);
  CHECK(file.group("eval").dataset("state").read<uint8_t>() == std::vector<uint8_t>{3, 2});
  CHECK_FALSE(file.group("eval").has("loss"));
  CHECK(lines_of(outcome.csv).size() == 1);
}

// The files that collect_with_python.py looks at.
TEST_CASE("writes sample sweeps for other readers", "[.sweeps]") {
  const char* path = std::getenv("LX_SAMPLE");
  REQUIRE(path != nullptr);
  const std::pair<const char*, SampleSweep (*)(const fs::path&)> all[] = {{"product", product_sweep},
                                                                          {"elsewhere", product_sweep_elsewhere},
                                                                          {"ragged", ragged_sweep},
                                                                          {"zipped", zipped_sweep},
                                                                          {"search", search_sweep}};
  for (const auto& [name, make] : all) make(fs::path(path) / name).collect();
  product_sweep(fs::path(path) / "flat").collect(true, false);
  SampleSweep waiting{fs::path(path) / "waiting"};
  waiting.add({{"encoding", "rope"}}, 0, SweptState::pending);
  waiting.collect();
}

}  // namespace lx
