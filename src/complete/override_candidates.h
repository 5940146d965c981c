// Overrides that may be typed next: groups and their options, keys of the composed configuration, legal keys behind +.
#pragma once

#include "complete/completer.h"
#include "config/compose.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

struct OverrideContext {
  config::ComposeRequest request;      // the rest of the line
  std::optional<config::Node> stored;  // the configuration of a run: it is changed, not composed
  bool multirun = false;
};

std::vector<Completion> override_candidates(const std::string& typed, const OverrideContext& context,
                                            const Vocabulary& vocabulary);

}  // namespace lx
