// The table of systems against a reference.
#include "catch.h"
#include "report/comparison_report.h"

#include <cmath>
#include <limits>

using namespace lx;

namespace {

struct ComparisonSample {
  static Judgement judged(double value, double reach) {
    return {value, reach / 2, value - reach, value + reach, 10, 0.5, false};
  }

  static ComparedSystem system(const std::string& label, double loss) {
    ComparedSystem row;
    row.labels = {label};
    row.seeds = {0, 1, 2};
    row.trained_length = row.reference_length = 64;
    row.longest = 512;
    row.near = judged(loss, 0.25);
    row.far = judged(loss + 1, 0.5);
    row.effective = {100, 80, 512, false, false, true};
    row.area = judged(loss + 0.5, 0.125);
    return row;
  }

  static Comparison comparison() {
    Comparison out;
    out.text = "natural";
    out.protocol = "all 512 targets of each window";
    out.variant = "none";
    out.documents = 12;
    out.targets = 6144;
    out.systems = {system("rope", 2), system("nope", 2.25)};
    out.systems[1].near_difference = {judged(0.25, 0.375), 0.21};
    out.systems[1].far_difference = {judged(0.25, 0.0625), 0.0004};
    return out;
  }
};

std::string line_of(const std::string& text, const std::string& start) {
  const size_t at = text.find("\n" + start) + 1;
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

TEST_CASE("every number of a comparison has its interval, and what is not distinguishable its mark") {
  const std::string text = render_comparison(ComparisonSample::comparison(), {"encoding"});
  for (const char* part :
       {"natural text, tested as none: all 512 targets of each window", "6144 targets of 12 documents; seeds 0, 1, 2",
        "95 % interval, over seeds and documents", "loss at 512 = 8N", "difference: minus encoding=rope",
        "Holm over 2 comparisons", "~ not distinguishable"})
    CHECK(text.find(part) != std::string::npos);
  const std::string rope = line_of(text, "rope"), nope = line_of(text, "nope");
  CHECK(text.find("\nrope") < text.find("\nnope"));
  CHECK(rope.find("2.000 ±0.250") != std::string::npos);
  CHECK(rope.find("3.000 ±0.500") != std::string::npos);
  CHECK(rope.find("100 [80, ≥512]") != std::string::npos);
  CHECK(rope.find("2.500 ±0.125") != std::string::npos);
  CHECK(rope.find('~') == std::string::npos);
  CHECK(nope.find("+0.250 ±0.375  0.210 ~") != std::string::npos);
  CHECK(nope.find("+0.250 ±0.062  <0.001") != std::string::npos);
  CHECK(nope.find('~') == nope.rfind('~'));
  CHECK(text.find("over window") == std::string::npos);
  CHECK(text.find("one seed") == std::string::npos);

  Comparison single = ComparisonSample::comparison();
  single.documents_only = true;
  for (ComparedSystem& row : single.systems) row.seeds = {4};
  const std::string alone = render_comparison(single, {"encoding"});
  CHECK(alone.find("12 documents; seed 4\n") != std::string::npos);
  CHECK(alone.find("95 % interval, over documents only") != std::string::npos);
  CHECK(alone.find("another seed may differ by more") != std::string::npos);
}

TEST_CASE("what a comparison could not do stands below it") {
  Comparison comparison = ComparisonSample::comparison();
  comparison.documents_only = true;
  comparison.systems[1].unpaired = "was scored on other documents";
  comparison.systems[1].near_difference = comparison.systems[1].far_difference = std::nullopt;
  comparison.systems.push_back({});
  comparison.systems[2].labels = {"odd"};
  comparison.systems[2].left_out = "was not tested as 'none'";
  comparison.systems[0].gain = ComparisonSample::judged(0.125, 0.5);
  comparison.systems[0].near.se = std::nan("");
  comparison.systems[1].far.value = std::nan("");
  const std::string text = render_comparison(comparison, {"encoding"});
  CHECK(text.find("encoding=nope is not compared: it was scored on other documents\n") != std::string::npos);
  CHECK(text.find("encoding=odd is left out: it was not tested as 'none'\n") != std::string::npos);
  CHECK(text.find("documents only") != std::string::npos);
  CHECK(text.find("Holm over 0") != std::string::npos);
  CHECK(line_of(text, "rope").find("2.000   ") != std::string::npos);
  CHECK(line_of(text, "rope").find("+0.125 ±0.500") != std::string::npos);
  CHECK(line_of(text, "nope").find("·") != std::string::npos);
  CHECK(line_of(text, "odd").find_first_of("0123456789") == line_of(text, "odd").find_last_of("0123456789"));
}

TEST_CASE("a comparison at one length has no curve to speak of, and Markdown is a table of Markdown") {
  Comparison comparison = ComparisonSample::comparison();
  for (ComparedSystem& row : comparison.systems) {
    row.area = std::nullopt;
    row.far_difference = std::nullopt;
  }
  const std::string text = render_comparison(comparison, {"encoding"}, true);
  CHECK(text.find("| encoding | seeds | loss at 64 = N | difference | p   |\n") != std::string::npos);
  CHECK(text.find("effective length") == std::string::npos);
}
