// What a person reads after a run: what was trained, one table for each text, what the numbers say, where they lie.
#pragma once

#include "result/record.h"

#include <string>
#include <vector>

namespace lx {

struct RenderOptions {
  bool details = false;            // the choices, overrides and environment of the run as well
  std::vector<std::string> where;  // where the results lie, a line each
  std::vector<std::string> next;   // what to try next, a line each
};

/// Works on a record read without per-token scores. A run that was not evaluated shows its training only.
std::string render_run(const RunRecord& run, const RenderOptions& options = {});

/// One text's table alone, for a terminal or as Markdown: rows are variants, columns lengths.
std::string render_table(const EvalResult& eval, size_t text, bool markdown = false);

/// Sentences about the numbers, computed from them and nothing else: what longer contexts do to the first variant,
/// and which variant is best at the longest length.
std::vector<std::string> read_numbers(const EvalResult& eval);

/// "N", "4N", "N/2" or "" for a length that is no simple multiple of the trained length.
std::string length_in_trained(int64_t length, int64_t trained_length);

}  // namespace lx
