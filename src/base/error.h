// How lx fails: one sentence for the user, thrown as Error. Broken invariants of our own code assert instead.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace lx {

/// A mistake or misfortune the user can understand and mend. The message is one sentence: the place, what is wrong,
/// the value, and what to do. Ends the program with exit code 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A command line that cannot be understood (unknown flag or subcommand). Ends the program with exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Trouble of the machine and not of what was asked for: a full disk, a folder that may not be written, no memory. The
/// same command may succeed later.
class MachineError : public Error {
 public:
  using Error::Error;
};

/// Another process is at work on the same thing.
class BusyError : public Error {
 public:
  using Error::Error;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) {
  throw Error(fmt::format(message, std::forward<Args>(args)...));
}

template <class... Args>
void require(bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) throw Error(fmt::format(message, std::forward<Args>(args)...));
}

/// The same for what only the machine can mend.
template <class... Args>
void require_machine(bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) throw MachineError(fmt::format(message, std::forward<Args>(args)...));
}

}  // namespace lx
