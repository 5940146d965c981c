// What a person reads of an evaluation that looked deeper: copying by distance, and what heads attend to.
#pragma once

#include "result/record.h"

#include <string>

namespace lx {

/// Loss and accuracy at the longest length on first occurrences and on repeats by distance, a table for each text that
/// has enough of them (sliding pieces of that length are the natural ones). Empty when none has.
std::string render_repeats(const EvalResult& eval);

/// Means over the chosen heads of all chosen layers; with `each_layer`, of each layer. Empty when nothing was probed.
std::string render_probe(const EvalResult& eval, bool each_layer);

/// Exact match and edit distance of outputs that the model wrote by itself, a table for each text. Empty when none was.
std::string render_written(const EvalResult& eval);

}  // namespace lx
