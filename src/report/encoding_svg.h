// An encoding as a picture: for each kind of layer, how far pairs turn, where tokens stand, who sees whom, what is
// added, how sharp queries are. Panels with nothing to show are left out.
#pragma once

#include "report/encoding_view.h"

#include <string>

namespace lx {

/// One self-contained SVG.
std::string draw_encoding(const EncodingView& view);

}  // namespace lx
