// run.h5: one file a run, complete or absent. docs/results.md describes the layout for people who read it elsewhere.
#pragma once

#include "base/files.h"
#include "result/record.h"

namespace lx {

/// Written as an attribute of the file; raised when a reader of the old layout would misread the new one.
constexpr int64_t kSchemaVersion = 1;

/// Writes `path` through a part file and a rename: an older file stays whole until the new one is.
void write_run(const fs::path& path, const RunRecord& record);

enum class PerToken { load, skip };

/// Reads what write_run wrote. PerToken::skip leaves `loss` and `hit` of each TextScores empty, for reports that need
/// the table only. Throws Error in one sentence when the file is missing, damaged, not a run of lx, or newer than this
/// program.
RunRecord read_run(const fs::path& path, PerToken per_token = PerToken::load);

}  // namespace lx
