// `lx selfcheck`: does this build, on this machine, compute what the definitions say? (stack_check.h)
#pragma once

#include "experiment/run_config.h"

#include <cstdint>
#include <optional>

namespace lx {

struct SelfCheckRequest {
  /// Its overrides may name encodings (encoding=NAME, several times) or describe one (encoding.stack=[...], an
  /// experiment file): these are judged layer by layer, with the heads of the model. Otherwise everything is judged:
  /// every ready encoding, every modifier in the company it needs, every variant of the evaluation, all of them small.
  ConfigRequest config;
  std::optional<int64_t> tokens;
};

/// Prints the tables and a line that sums up. True: everything is within the tolerance.
bool selfcheck(const SelfCheckRequest& request);

}  // namespace lx
