// Beam search: of all beginnings of a text, the K likeliest are kept (Sutskever et al. 2014, arXiv 1409.3215).
#pragma once

#include "model/generate.h"
#include "model/read_prompts.h"

#include <functional>
#include <vector>

namespace lx {

/// Writes on after prompts that were read. At each step the likeliest continuations of all beginnings of a prompt are
/// kept, K less those that have ended already: a text that a stop ended takes its place in the beam with it. Texts are
/// compared by the sum of their log-probabilities over length^alpha (Wu et al. 2016, arXiv 1609.08144, who write
/// ((5 + length) / 6)^alpha). Of equals the one with the earlier beginning, then the smaller token is kept, so that a
/// tie never depends on how a sort happens to work. K = 1 is greedy writing. `goes_on` is asked after each pass.
/// Throws Error for logits that are not finite.
Generation beam_search(Model& model, ReadPrompts read, const GenerateOptions& options,
                       const std::function<bool()>& goes_on);

/// The tokens end with one of these.
bool ends_with_stop(const std::vector<int64_t>& tokens, const std::vector<std::vector<int64_t>>& stops);

}  // namespace lx
