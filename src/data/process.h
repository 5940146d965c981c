// Runs another program without a shell and waits for it: no quoting, no injection, both of its outputs kept.
#pragma once

#include "base/files.h"

#include <functional>
#include <string>
#include <vector>

namespace lx {

struct ProgramResult {
  int status = 0;              // exit status; 128 + signal when it was killed
  std::string output, errors;  // what it wrote to standard output and standard error
  bool ok() const { return status == 0; }
  /// The last line it wrote to standard error: what a person should read first.
  std::string last_error() const;
};

/// Runs `command` (found on PATH) in `folder` (empty: here) with messages in English and no standard input. `tick` is
/// called about five times a second while it runs. Throws Error when the program cannot be started.
ProgramResult run_program(const std::vector<std::string>& command, const fs::path& folder = {},
                          const std::function<void()>& tick = {});

/// Whether PATH has such a program.
bool program_exists(const std::string& name);

}  // namespace lx
