// run.h5: what is written is read back, and what cannot be read is said in one sentence.
#include "catch.h"
#include "result/hdf5.h"
#include "result/store.h"
#include "sample.h"
#include "temporary.h"

#include <cstring>

namespace lx {
namespace {

// NaN equals NaN here.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a run that was written is read back whole") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "deep" / "run.h5";
  const RunRecord run = sample_record();
  write_run(path, run);
  CHECK_FALSE(fs::exists(path.string() + ".part"));
  const RunRecord back = read_run(path);

  CHECK(back.run_id == run.run_id);
  CHECK(back.experiment == run.experiment);
  CHECK(back.trained_length == run.trained_length);
  CHECK(back.parameters == run.parameters);
  CHECK(back.config_yaml == run.config_yaml);
  CHECK(back.choices == run.choices);
  CHECK(back.overrides == run.overrides);
  CHECK(back.environment == run.environment);
  CHECK(back.train.step == run.train.step);
  CHECK(back.train.tokens == run.train.tokens);
  CHECK(same_bits(back.train.loss, run.train.loss));
  CHECK(back.train.valid_loss == run.train.valid_loss);
  REQUIRE(back.train.events.size() == 1);
  CHECK(back.train.events[0].what == run.train.events[0].what);

  REQUIRE(back.eval.has_value());
  const EvalResult &a = *back.eval, &b = *run.eval;
  CHECK(a.trained_length == b.trained_length);
  CHECK(a.bytes_per_token == b.bytes_per_token);
  CHECK(a.table.texts == b.table.texts);
  CHECK(a.table.protocols == b.table.protocols);
  CHECK(a.table.lengths == b.table.lengths);
  REQUIRE(a.table.cells.size() == b.table.cells.size());
  CHECK(a.table.at(2, 1, 1).loss == b.table.at(2, 1, 1).loss);
  CHECK(a.table.at(1, 0, 1).documents == 2);
  CHECK(a.table.at(0, 0, 0).gap == -0.5);
  REQUIRE(a.variants.size() == 2);
  CHECK(a.variants[0].notes.empty());
  CHECK(a.variants[1].notes == b.variants[1].notes);
  CHECK(a.variants[1].post_hoc == b.variants[1].post_hoc);
  CHECK(a.curves.accuracy == b.curves.accuracy);
  CHECK(a.protocols == std::vector<std::string>{"natural", "tail"});
  REQUIRE(a.scores.size() == 2);
  CHECK(a.scores[1].text == "repeated");
  CHECK(a.scores[1].period == 4);
  CHECK(a.scores[0].document == b.scores[0].document);
  CHECK(a.scores[0].document_names == b.scores[0].document_names);
  CHECK(same_bits(a.scores[0].loss, b.scores[0].loss));
  CHECK(a.scores[0].hit == b.scores[0].hit);

  CHECK(read_run(path, PerToken::skip).eval->scores[0].loss.empty());
}

TEST_CASE("repeats and probes are read back whole, and their absence is read as absence") {
  const TemporaryFolder folder;
  RunRecord run = sample_record();
  write_run(folder.path / "run.h5", run);
  const EvalResult back = *read_run(folder.path / "run.h5", PerToken::skip).eval;
  REQUIRE(back.repeats.has_value());
  REQUIRE(back.probe.has_value());
  const RepeatTable &repeats = *back.repeats, &written = *run.eval->repeats;
  CHECK(repeats.order == 8);
  CHECK(repeats.texts == written.texts);
  CHECK(repeats.buckets == written.buckets);
  REQUIRE(repeats.cells.size() == written.cells.size());
  CHECK(std::memcmp(repeats.cells.data(), written.cells.data(), written.cells.size() * sizeof(RepeatCell)) == 0);
  const AttentionProbe &probe = *back.probe, &probed = *run.eval->probe;
  CHECK(probe.text == "natural");
  CHECK(probe.layers == probed.layers);
  CHECK(probe.heads == probed.heads);
  CHECK(probe.matrix == 512);
  REQUIRE(probe.cells.size() == probed.cells.size());
  CHECK(std::memcmp(probe.cells.data(), probed.cells.data(), probed.cells.size() * sizeof(ProbeCell)) == 0);

  run.eval->repeats.reset();
  run.eval->probe.reset();
  run.eval->scores[0].stride = 2;
  write_run(folder.path / "run.h5", run);
  const EvalResult plain = *read_run(folder.path / "run.h5").eval;
  CHECK_FALSE(plain.repeats.has_value());
  CHECK_FALSE(plain.probe.has_value());
  CHECK(plain.scores[0].stride == 2);
}

TEST_CASE("equal records are equal files, bit for bit") {
  const TemporaryFolder folder;
  write_run(folder.path / "a" / "run.h5", sample_record());
  write_run(folder.path / "b" / "run.h5", sample_record());
  CHECK(read_file(folder.path / "a" / "run.h5") == read_file(folder.path / "b" / "run.h5"));
}

TEST_CASE("a run without evaluation and without events is stored as well") {
  const TemporaryFolder folder;
  RunRecord run;
  run.run_id = "x";
  write_run(folder.path / "run.h5", run);
  const RunRecord back = read_run(folder.path / "run.h5");
  CHECK_FALSE(back.eval.has_value());
  CHECK(back.train.step.empty());
}

TEST_CASE("a file that cannot be read as a run is refused in one sentence that names it") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "run.h5";
  CHECK(mentions(message_of([&] { read_run(path); }), "No such file"));

  write_file(path, "just words");
  CHECK(mentions(message_of([&] { read_run(path); }), "run.h5 is not an HDF5 file"));
  write_file(path, "");
  CHECK(mentions(message_of([&] { read_run(path); }), "is not an HDF5 file"));

  write_run(path, sample_record());
  const std::string whole = read_file(path);
  write_file(path, whole.substr(0, whole.size() / 2));
  CHECK(mentions(message_of([&] { read_run(path); }), "damaged or cut short"));

  hdf5::File other = hdf5::File::in_memory("other");
  write_file(path, other.image());
  CHECK(mentions(message_of([&] { read_run(path); }), "no run of lx"));

  hdf5::File newer = hdf5::File::in_memory("newer");
  newer.set("schema", "lx.run");
  newer.set("schema_version", kSchemaVersion + 1);
  write_file(path, newer.image());
  CHECK(mentions(message_of([&] { read_run(path); }), "layout version 2 and this lx reads version 1"));

  hdf5::File hollow = hdf5::File::in_memory("hollow");
  hollow.set("schema", "lx.run");
  hollow.set("schema_version", kSchemaVersion);
  hollow.set("run_id", "x");
  write_file(path, hollow.image());
  CHECK(mentions(message_of([&] { read_run(path); }), "has no attribute 'experiment'"));
}

TEST_CASE("a record with columns of unequal length is refused and leaves the older file alone") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "run.h5";
  write_run(path, sample_record());
  RunRecord wrong = sample_record();
  wrong.train.lr.pop_back();
  CHECK(mentions(message_of([&] { write_run(path, wrong); }), "/train/lr: 2 values for 3 steps"));
  CHECK(read_run(path).train.lr.size() == 3);
}

// The file that read_with_python.py looks at.
TEST_CASE("writes a sample for other readers", "[.sample]") {
  const char* path = std::getenv("LX_SAMPLE");
  REQUIRE(path != nullptr);
  write_run(path, sample_record());
}

}  // namespace lx
