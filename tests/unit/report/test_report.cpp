// What people read: tables, sentences, curves, the bar.
#include "catch.h"
#include "report/curves.h"
#include "report/deeper_report.h"
#include "report/progress.h"
#include "report/run_report.h"
#include "report/table.h"
#include "sample.h"

#include <cstdlib>
#include <iostream>
#include <limits>

namespace lx {
namespace {

bool tells(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("columns stay aligned whatever alphabet the names are in") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("größe ±") == 7);
  CHECK(display_width("e\xcc\x81") == 1);  // e and a combining accent
  CHECK(display_width("苏剑林") == 6);
  CHECK(display_width("\xff\xfe") == 2);  // no UTF-8: a column a byte
  Table table({"variant", "128"});
  table.row({"fenêtre", "1.5"});
  table.row({"苏", "12.5"});
  table.row({"x"});
  CHECK(table.text() ==
        "variant   128\n"
        "─────────────\n"
        "fenêtre   1.5\n"
        "苏       12.5\n"
        "x\n");
  CHECK(table.markdown() == "| variant | 128 |\n|:---|---:|\n| fenêtre | 1.5 |\n| 苏 | 12.5 |\n| x |  |\n");
}

TEST_CASE("columns of words align left, and a row may have lines below it") {
  Table table({"name", "what", "n"}, 2);
  table.row({"a", "long words", "1"});
  table.below("  a note");
  table.row({"bc", "short"});
  CHECK(table.text() == "name  what        n\n───────────────────\na     long words  1\n  a note\nbc    short\n");
  CHECK(table.markdown() == "| name | what | n |\n|:---|:---|---:|\n| a | long words | 1 |\n| bc | short |  |\n");
  Table signs({"x"});
  signs.row({"<q, k/|k|> * 2"});
  CHECK(signs.markdown() == "| x |\n|:---|\n| \\<q, k/\\|k\\|> \\* 2 |\n");
}

TEST_CASE("repeats are shown by distance where a text has enough of them") {
  EvalResult eval;
  CHECK(render_repeats(eval).empty());
  RepeatTable table;
  table.order = 8;
  table.texts = {"natural", "repeated"};
  table.variants = {"none"};
  table.lengths = {128, 256};
  table.buckets = {"first", "below N/2", "N to 2N"};
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  for (const int64_t near : {99, 40}) {
    const int64_t far = near == 40 ? 60 : 0;
    table.cells.insert(table.cells.end(), 3, RepeatCell{9.75, 0.5, 0.5, 0.25, 3, 1000});  // the shorter length
    table.cells.push_back({2.5, 0.125, 0.25, 0.0625, 3, 1000});
    table.cells.push_back({0.5, 0.125, 0.875, 0.0625, 3, near});
    table.cells.push_back(far > 0 ? RepeatCell{0.25, 0, 1, unknown, 1, far}
                                  : RepeatCell{unknown, unknown, unknown, unknown, 0, 0});
  }
  eval.repeats = table;
  const std::string text = render_repeats(eval);
  CHECK_FALSE(tells(text, "natural"));  // 99 repeats are too few
  CHECK(tells(text, "repeated text at 256: targets read before after the same 8 tokens"));
  CHECK(tells(text, "first (1000)"));
  CHECK(tells(text, "N to 2N (60)"));
  CHECK(tells(text, "0.500  87.5 ±6.2"));
  CHECK(tells(text, "0.250  100.0\n"));
  CHECK_FALSE(tells(text, "9.750"));
  eval.repeats->texts[1] = "sliding";
  CHECK(render_repeats(eval).empty());
}

TEST_CASE("probes are shown as means over heads, by layer when details are asked for") {
  EvalResult eval;
  CHECK(render_probe(eval, true).empty());
  AttentionProbe probe;
  probe.text = "natural";
  probe.windows = 1;
  probe.rows = 64;
  probe.matrix = 512;
  probe.variants = {"none"};
  probe.lengths = {256};
  probe.layers = {"layer 0", "layer 3"};
  probe.heads = {0, 1};
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  for (const double entropy : {1.0, 2.0, 3.0, unknown}) probe.cells.push_back({entropy, 0.5, 0, 0, -1e-9, 0, 0, 0, -3});
  probe.cells[1].log_det = -std::numeric_limits<double>::infinity();
  eval.probe = probe;
  const std::string means = render_probe(eval, false), all = render_probe(eval, true);
  CHECK(tells(means, "attention on natural text: means over heads, 1 window and the last 64 queries"));
  CHECK(tells(means, "all layers"));
  CHECK(tells(means, "2.00  0.500"));  // a head that a layer lacks does not count
  CHECK(tells(means, "-inf"));
  CHECK_FALSE(tells(means, "-0.0"));
  CHECK_FALSE(tells(means, "layer 3"));
  CHECK(tells(all, "1.50"));
  CHECK(tells(all, "3.00"));
  CHECK(tells(all, "-3.0"));
}

TEST_CASE("lengths are told in multiples of the trained length when they are simple") {
  CHECK(length_in_trained(128, 128) == "N");
  CHECK(length_in_trained(1024, 128) == "8N");
  CHECK(length_in_trained(64, 128) == "N/2");
  CHECK(length_in_trained(192, 128).empty());
}

TEST_CASE("the report names the run, the protocol, every variant, and where to go on") {
  RenderOptions options;
  options.where = {"results/length/0123456789abcdef/run.h5"};
  options.next = {"lx show results/length/0123456789abcdef"};
  const std::string text = render_run(likely_run(), options);
  CHECK(tells(text, "length  0123456789abcdef\nmodel small, encoding rope, data prose, 853k parameters\n"));
  CHECK(tells(text, "trained at N = 128 on 12.3M tokens (1500 steps) in 5m03s; last valid loss 1.234 nats per token"));
  CHECK(tells(text, "tail text: the last 128 targets of each window\n"));
  CHECK(tells(text, "standard error over 24 documents"));
  CHECK(tells(text, "1024 = 8N"));
  CHECK(tells(text, "4.850 ±0.020"));
  CHECK(tells(text, "ntk: depends on the length of the whole context"));
  CHECK(tells(text, "results\n  results/length/"));
  CHECK(tells(text, "next\n  lx show"));
  CHECK_FALSE(tells(text, "libtorch"));
  options.details = true;
  const std::string more = render_run(likely_run(), options);
  CHECK(tells(more, "  libtorch  1.13.1\n"));
  CHECK(tells(more, "  train.steps=1500\n"));
}

TEST_CASE("the star stands only where the lead is beyond two paired standard errors") {
  EvalResult eval = likely_eval();
  // At 1024 the window leads by 0.027 with an error of 0.01; at 256 by 0.002.
  std::string text = render_table(eval, 1);
  CHECK(tells(text, "* lowest loss at this length, ahead of the next by more than 2 paired standard errors"));
  const std::string row = text.substr(text.find("window_N"), text.find("\npi") - text.find("window_N"));
  CHECK(std::count(row.begin(), row.end(), '*') == 1);
  CHECK(row.back() == '*');
  for (EvalCell& cell : eval.table.cells) cell.gap_se = 1;
  text = render_table(eval, 1);
  CHECK_FALSE(tells(text, "*"));
  CHECK(tells(text, "at no length is one variant ahead"));
}

TEST_CASE("the sentences state what the numbers say and no more") {
  EvalResult eval = likely_eval();
  auto sentences = read_numbers(eval);
  REQUIRE(sentences.size() == 4);
  CHECK(sentences[0] == "tail text, none: loss at 1024 is 3.665 ±0.010 nats above its value at 128.");
  CHECK(sentences[2] ==
        "tail text: lowest loss at 1024 is window_N, 1.187, 3.713 ±0.010 nats below none; ahead of the next by 0.027 "
        "±0.010.");
  for (EvalCell& cell : eval.table.cells) cell.change_se = cell.gap_se = 5;
  sentences = read_numbers(eval);
  CHECK(tells(sentences[0], "is within 2 paired standard errors of its value at 128"));
  CHECK(tells(sentences[1], "not told apart from the next"));
  for (EvalCell& cell : eval.table.cells) cell.change_se = cell.gap_se = std::numeric_limits<double>::quiet_NaN();
  CHECK(tells(read_numbers(eval)[0], "one document gives no standard error"));
}

TEST_CASE("a run that was not evaluated, or not even trained, can be shown") {
  RunRecord run = likely_run();
  run.eval.reset();
  CHECK(tells(render_run(run), "not evaluated"));
  CHECK(tells(render_run(RunRecord()), "not evaluated"));
}

TEST_CASE("curves name every variant, text and length, and stay inside the picture") {
  EvalResult eval = likely_eval();
  eval.table.variants[2] = "a<b & c";
  const std::string svg = draw_curves(eval);
  for (const char* part : {"natural text", "tail text", "repeated text", "window_N", "a&lt;b &amp; c", ">1024<", ">8N<",
                           "loss, nats per token"}) {
    CHECK(tells(svg, part));
  }
  CHECK_FALSE(tells(svg, "nan"));
  CHECK_FALSE(tells(svg, "inf"));
  eval.table.lengths = {128};  // a single length is a column of points
  eval.table.cells.resize(18);
  CHECK_FALSE(tells(draw_curves(eval), "nan"));
}

TEST_CASE("the bar shows share, count, time spent and left, rate and note, and fits its width") {
  ProgressState state;
  state.label = "train";
  state.done = 240;
  state.total = 2000;
  state.seconds = 12;
  state.note = "loss 2.31";
  const std::string line = progress_line(state, 72, false);
  CHECK(line == "train  12%|##             | 240/2000 [00:12<01:28, 20.0 it/s, loss 2.31]");
  CHECK(tells(progress_line(state, 72, true), "\033[32m##\033[0m"));
  state.from = 120;  // resumed: only this sitting counts for the rate
  CHECK(tells(progress_line(state, 0, false), "[00:12<02:56, 10.0 it/s"));
  state.share = 0.5;  // a budget in minutes
  state.share_from = 0.25;
  CHECK(tells(progress_line(state, 0, false), "train  50% 240/2000 ["));
  CHECK(tells(progress_line(state, 0, false), "[00:12<00:24,"));
  CHECK(progress_line(state, 20, false) == "train  50% 240/2000");
  ProgressState unknown;
  unknown.label = "read";
  unknown.unit = "files";
  unknown.done = 3;
  unknown.seconds = 6;
  CHECK(progress_line(unknown, 80, false) == "read 3 files [00:06, 2.00 s/files]");
}

// LX_SAMPLE=folder test_unit_report "[.sample]" writes what a person should look at.
TEST_CASE("writes a sample of the report and the curves", "[.sample]") {
  const char* folder = std::getenv("LX_SAMPLE");
  REQUIRE(folder != nullptr);
  write_curves(fs::path(folder) / "curves.svg", likely_eval());
  RenderOptions options;
  options.details = true;
  std::cout << render_run(likely_run(), options) << render_table(likely_eval(), 1, true);
}

}  // namespace lx
