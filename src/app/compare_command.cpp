#include "app/compare_command.h"

#include "base/error.h"
#include "sweep/collect.h"
#include "sweep/compare.h"

#include <cstdio>

namespace lx {
namespace {

int compare_words(const Arguments& arguments) {
  const std::string text = arguments.get("text").value_or("");
  const std::vector<std::string>& words = arguments.words;
  const std::vector<SweepCell> cells =
      words.size() > 1 ? swept_runs(words) : swept_cells(find_sweep(words.empty() ? "last" : words[0]));
  CompareSystemsRequest request;
  request.variant = arguments.get("variant").value_or("");
  request.reference = arguments.get("reference").value_or("");
  request.pairing = arguments.has("independent-seeds") ? SeedPairing::independent : SeedPairing::same;
  request.markdown = arguments.has("markdown");
  fmt::print("{}", compare_systems(read_systems(cells, text), request));
  return 0;
}

}  // namespace

Command compare_command() {
  return {
      "compare",
      "lx compare [SWEEP] | RUN RUN ...",
      "systems against one of them, every number with its interval",
      "SWEEP and RUNs as for lx collect. Runs that differ in the seed only are one system. Losses at N and at the "
      "longest\n"
      "length, differences to the reference on the same target tokens, effective length and area under the curve: "
      "with\n"
      "95 % intervals over seeds and documents; p-values are adjusted for the whole table. docs/results.md says "
      "how.\n\n"
      "  lx compare\n  lx compare 3f2a --text tail --reference encoding=rope\n"
      "  lx compare 899f b557 --variant rerope --markdown",
      {{"text", "", "NAME",
        "which targets: natural, tail, repeated, longer_input, longer_output, ... (the first there is)"},
       {"variant", "", "NAME", "what was changed at test time (the first: nothing)"},
       {"reference", "", "KEY=VALUE,...", "the system that all are compared with (the first)"},
       {"independent-seeds", "", "", "seeds of different systems have nothing in common, even where they are equal"},
       {"markdown", "", "", "a table of Markdown"}},
      compare_words};
}

}  // namespace lx
