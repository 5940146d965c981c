// A run that was trained before, opened again to be scored or to write text: its configuration, changed only where the
// weights do not depend on it, and its newest checkpoint.
#pragma once

#include "config/node.h"
#include "experiment/run_folder.h"
#include "train/checkpoint.h"

#include <string>
#include <vector>

namespace lx {

/// The configuration that `folder` was run with, under overrides of keys that begin with one of `allowed`; others are
/// refused with a sentence that begins with `purpose` ("scoring again"). References are resolved.
config::Node reopen_configuration(const RunFolder& folder, const std::vector<std::string>& overrides,
                                  const std::vector<std::string>& allowed, const std::string& purpose);

/// Throws Error when there is none.
Checkpoint newest_checkpoint(const RunFolder& folder);

}  // namespace lx
