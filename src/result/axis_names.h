// Short names for swept keys, usable as ds.loss.sel(NAME=...): "train.optimizer.lr" is called lr.
#pragma once

#include <string>
#include <vector>

namespace lx {

/// One name a key, all different. The last word of the key, or more of its end where that is ambiguous, taken by the
/// file itself (loss, text, step ...), or no identifier; `length` is trained_length, since length is what is scored.
std::vector<std::string> axis_names(const std::vector<std::string>& keys);

}  // namespace lx
