// An encoding for programs: everything of the view, exact.
#pragma once

#include "report/encoding_view.h"

#include <string>

namespace lx {

/// JSON with a fixed order of keys, a line a top-level key. Numbers read back exactly; what is not finite (the
/// wavelength of a pair that does not turn) is null.
std::string encoding_json(const EncodingView& view);

}  // namespace lx
