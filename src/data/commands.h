// What `lx data` says: the list of corpora, preparing one, and a look at one.
#pragma once

#include "data/manifest.h"

#include <string>

namespace lx {

/// A line for each corpus of configs/data: its name, whether it is prepared, its size, what it is.
void list_corpora();

/// Prepares the corpus unless the cache has it intact (every byte is checked; a damaged one is prepared anew), then
/// tells where it lies and how large its sides are.
void prepare_corpus(const CorpusConfig& config);

/// Tells licence, packages, statistics per side and the first `peek_bytes` of a document: the one called `document`
/// (or the first whose name holds that text), empty for one of the test side. A corpus that is not prepared is
/// described by its manifest.
void show_corpus(const CorpusConfig& config, const std::string& document = "", int64_t peek_bytes = 1000);

}  // namespace lx
