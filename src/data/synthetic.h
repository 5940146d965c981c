// The corpus that needs nothing: chronicles told from templates. Each document invents its own people, places and pass
// words and comes back to what was told long before, so that a model must learn the language and can only guess the
// words of a retelling by remembering: the longer its context, the lower its loss.
#pragma once

#include "data/manifest.h"

#include <functional>
#include <string>

namespace lx {

/// Hands out documents ("chronicle/000012", text in ASCII) until `bytes` are reached. Document i depends on the seed,
/// the two lengths and i alone. Lengths are spread evenly on a logarithmic scale from `shortest` to `longest`.
void make_synthetic_documents(const SyntheticConfig& config, const std::function<void(std::string, std::string)>& take);

}  // namespace lx
