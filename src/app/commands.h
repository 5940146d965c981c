// The subcommands of lx.
#pragma once

#include "app/arguments.h"

#include <functional>
#include <string>
#include <vector>

namespace lx {

struct Command {
  std::string name, usage, summary, help;
  std::vector<Flag> flags;
  std::function<int(const Arguments&)> run;  // returns the exit code
  bool computes = false;                     // multiplies matrices: the BLAS is checked first
  /// Printed for --help behind usage and examples, in place of the flags; empty: the flags.
  std::function<std::string(const Arguments&, const std::string& flags)> more_help = {};
};

const std::vector<Command>& commands();

}  // namespace lx
