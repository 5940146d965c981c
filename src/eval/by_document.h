// Means over each document's targets, from the per-token scores of one run: what paired statistics between runs need.
#pragma once

#include "result/collect.h"

namespace lx {

/// One entry for each text of the table; documents without a window are left out. Empty when the per-token scores were
/// not loaded.
std::vector<DocumentMeans> means_by_document(const EvalResult& result);

}  // namespace lx
