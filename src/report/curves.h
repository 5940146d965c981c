// Loss against length as a picture: one panel a text, one line a variant, bars of one standard error.
#pragma once

#include "base/files.h"
#include "result/record.h"

#include <string>

namespace lx {

/// A self-contained SVG. The axis of lengths is logarithmic; all panels share the axis of losses.
std::string draw_curves(const EvalResult& eval);
void write_curves(const fs::path& path, const EvalResult& eval);

}  // namespace lx
