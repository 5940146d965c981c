#include "app/collect_command.h"

#include "base/error.h"
#include "sweep/collect.h"

#include <cstdio>

namespace lx {
namespace {

int collect_words(const Arguments& arguments) {
  CollectRequest request;
  if (const auto output = arguments.get("output")) {
    request.output = *output;
    if (request.output.extension() != ".h5")
      throw UsageError(
          fmt::format("--output wants a name that ends in .h5 (the rows go beside it), got '{}'", *output));
  }
  request.flat = arguments.has("flat");
  request.documents = !arguments.has("no-documents");
  const std::vector<std::string>& words = arguments.words;
  const CollectOutcome outcome =
      words.size() > 1 ? collect_runs(words, request) : collect(find_sweep(words.empty() ? "last" : words[0]), request);
  fmt::print("{}", describe(outcome));
  return 0;
}

}  // namespace

Command collect_command() {
  return {
      "collect",
      "lx collect [SWEEP] | RUN RUN ...",
      "a whole sweep as one HDF5 file, CSV and JSON lines",
      "SWEEP is the folder of a sweep, the first digits of its id, or `last`. Cells that are not done are holes. Two "
      "or\nmore RUNs (as for lx eval) make a sweep of what differs in their configurations.\n"
      "Written: sweep.h5 with a dimension for every swept key and seed; sweep.csv and sweep.jsonl with a row for "
      "each\nnumber. docs/results.md says what is in them.\n\n"
      "  lx collect\n  lx collect 3f2a --output ~/tables/rates.h5\n  lx collect 899f b557 --output two.h5",
      {{"output", "o", "FILE.h5", "where to (sweep.h5 in the sweep's folder; of runs, in this one)"},
       {"flat", "", "", "one dimension, cell, with every swept key as a coordinate"},
       {"no-documents", "", "", "leave the means by document out: faster, smaller"}},
      collect_words};
}

}  // namespace lx
