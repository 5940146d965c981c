// What the finished cells of a sweep measured, read once and laid side by side: every text, variant, length, step and
// document that any of them has.
#pragma once

#include "result/collect.h"
#include "result/record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

/// One finished cell without what sweep.h5 does not hold: per-token scores, curves, all steps but the last.
struct GatheredRun {
  RunRecord record;
  std::vector<DocumentMeans> documents;
  // Where its texts, variants, lengths stand among those of all.
  std::vector<size_t> text, variant, length, multiple;
};

struct Gathered {
  std::vector<SweepCell> cells;                  // by number; states as the files are
  std::vector<std::optional<GatheredRun>> runs;  // of each cell
  std::vector<std::string> texts, variants;      // as first met
  std::vector<int64_t> lengths, steps;           // ascending; steps: of the validations
  std::vector<double> multiples;                 // lengths over each cell's own trained length, ascending
  std::vector<std::string> documents;
  std::string documents_left_out;         // why there are none, when they were asked for
  std::optional<int64_t> trained_length;  // when it is the same in all
  bool any() const;
  size_t values_a_cell() const;  // numbers of the largest variable of one cell
};

/// Tells of a run.h5 that cannot be read as a warning, and counts its cell as failed.
Gathered gather_runs(std::vector<SweepCell> cells, const PerDocument& per_document);

/// Where `value` stands in `all`, which holds it.
template <class T>
size_t place_of(const std::vector<T>& all, const T& value) {
  size_t at = 0;
  while (at < all.size() && !(all[at] == value)) ++at;
  return at;
}

}  // namespace lx
