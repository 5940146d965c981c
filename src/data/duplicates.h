// Near duplicates: which documents share much of their text with one on another side of the split, found by comparing
// samples of their shingles. A shingle is 32 bytes of text, blanks ignored; one in 32 is kept, chosen by its own hash,
// so that the same text always gives the same sample wherever it stands (Broder 1997).
#pragma once

#include "data/split.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace lx {

/// Sorted distinct hashes of the sampled shingles of a document, and one for its whole text.
std::vector<uint64_t> sample_shingles(std::string_view text);

struct Leak {
  size_t document;  // stands in train (or valid)
  size_t twin;      // stands in test (or valid)
  double shared;    // part of the smaller one's sample that both have; 1: contained
};

/// The documents of train that share at least `threshold` of the smaller document with a document of valid or test, and
/// those of valid that do with one of test; each once, with its nearest twin, in order. Fewer than three common
/// shingles do not count unless the whole texts are equal, nor do shingles of more than 64 documents: licences and
/// headings.
std::vector<Leak> find_leaks(const std::vector<std::vector<uint64_t>>& samples, const std::vector<Split>& splits,
                             double threshold);

}  // namespace lx
