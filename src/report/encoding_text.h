// An encoding for a terminal.
#pragma once

#include "report/encoding_view.h"

#include <string>

namespace lx {

std::string encoding_text(const EncodingView& view);

/// "layers 0-3", "layer 4", with the group of heads where there are several.
std::string layers_title(const LayersView& kind);
std::string stack_title(const LayersView& kind, const StackView& stack);

}  // namespace lx
