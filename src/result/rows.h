// sweep.csv and sweep.jsonl: one row for each cell, text, variant and length that was measured.
#pragma once

#include "result/gather.h"
#include "result/grid.h"

namespace lx {

/// Writes both files, each complete or not at all. Returns how many rows there are.
int64_t write_rows(const fs::path& csv, const fs::path& jsonl, const Gathered& data, const Grid& grid);

}  // namespace lx
