// The program: finds the subcommand, runs it, and turns every failure into one sentence and an exit code:
// 0 done, 1 something the user can mend, 2 a command line that cannot be understood, 128 + signal when interrupted.
#include "app/commands.h"
#include "app/help.h"
#include "base/build_info.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_levels.h"
#include "base/text.h"
#include "tensor/sound_blas.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace lx {
namespace {

void print_overview() {
  fmt::print("lx {}: train language models short, judge them long.\n\n", build_info::version());
  for (const Command& command : commands()) fmt::print("  {:<48} {}\n", command.usage, command.summary);
  fmt::print("\nlx COMMAND --help says more. Settings are KEY=VALUE (lx config keys lists them).\n");
}

void print_help(const Command& command, const Arguments& arguments) {
  fmt::print("{}", command_help(command));
  const std::string flags = flag_lines(command.flags);
  if (command.more_help)
    fmt::print("\n{}", command.more_help(arguments, flags));
  else if (!flags.empty())
    fmt::print("\n{}", flags);
}

int dispatch(const std::vector<std::string>& words, char* const argv[]) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_overview();
    return 0;
  }
  if (words[0] == "--version" || words[0] == "version") {
    fmt::print("lx {} (commit {}, {})\n", build_info::version(), build_info::commit(), build_info::state());
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    if (command.name != words[0]) continue;
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    std::vector<Flag> flags = command.flags;
    flags.push_back({"help", "h", "", "this text"});
    const Arguments arguments = parse_arguments(rest, flags, command.name);
    if (arguments.has("help")) {
      print_help(command, arguments);
      return 0;
    }
    if (command.computes) ensure_sound_blas(argv);
    return command.run(arguments);
  }
  throw UsageError(fmt::format("lx has no command '{}'{} (commands: {})", words[0], did_you_mean(words[0], names),
                               join(names, ", ")));
}

/// LX_FULL_ERROR, or the name that Hydra has for it.
bool full_errors() {
  for (const char* name : {"LX_FULL_ERROR", "HYDRA_FULL_ERROR"}) {
    const char* value = std::getenv(name);
    if (value && *value && std::string(value) != "0") return true;
  }
  return false;
}

/// LibTorch's errors carry a stack trace: keep what it says.
std::string first_lines(const std::string& what) {
  const size_t trace = what.find("\nException raised from");
  if (trace == std::string::npos || full_errors()) return what;
  return what.substr(0, trace) + " (LX_FULL_ERROR=1 shows all)";
}

/// For a report of a bug: what ran, and how it was called.
int failed(const std::string& what, int code, int argc, char* argv[]) {
  log::show_from(log::Level::info);  // whatever hydra/job_logging says: nobody should wonder why nothing happened
  log::error("{}", what);
  if (full_errors()) {
    std::string line;
    for (int i = 0; i < argc; ++i) line += std::string(i == 0 ? "" : " ") + argv[i];
    fmt::print(stderr, "  called as: {}\n  lx {}, commit {}, {}, {}\n", line, build_info::version(),
               build_info::commit(), build_info::state(), build_info::compiler());
  }
  return code;
}

}  // namespace
}  // namespace lx

int main(int argc, char* argv[]) {
  try {
    return lx::dispatch({argv + 1, argv + argc}, argv);
  } catch (const lx::UsageError& error) {
    return lx::failed(error.what(), 2, argc, argv);
  } catch (const lx::Error& error) {
    return lx::failed(error.what(), 1, argc, argv);
  } catch (const std::bad_alloc&) {
    return lx::failed("out of memory: try a smaller train.batch, eval.batch_tokens or model", 1, argc, argv);
  } catch (const std::exception& error) {
    return lx::failed(lx::first_lines(error.what()), 1, argc, argv);
  }
}
