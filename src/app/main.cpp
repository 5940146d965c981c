// The program: finds the subcommand, runs it, and turns every failure into one sentence and an exit code:
// 0 done, 1 something the user can mend, 2 a command line that cannot be understood, 128 + signal when interrupted.
#include "app/commands.h"
#include "base/build_info.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "tensor/sound_blas.h"

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace lx {
namespace {

std::string flag_line(const Flag& flag) {
  const std::string brief = flag.short_name.empty() ? "" : "-" + flag.short_name + ", ";
  return fmt::format("  {:<28} {}\n", brief + "--" + flag.name + (flag.argument.empty() ? "" : " " + flag.argument),
                     flag.help);
}

void print_overview() {
  fmt::print("lx {}: train language models short, judge them long.\n\n", build_info::version());
  for (const Command& command : commands()) fmt::print("  {:<48} {}\n", command.usage, command.summary);
  fmt::print("\nlx COMMAND --help says more. Settings are KEY=VALUE (lx config keys lists them).\n");
}

void print_help(const Command& command) {
  fmt::print("{}\n\n{}.\n", command.usage, command.summary);
  if (!command.help.empty()) fmt::print("\n{}\n", command.help);
  if (!command.flags.empty()) fmt::print("\n");
  for (const Flag& flag : command.flags) fmt::print("{}", flag_line(flag));
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
      print_help(command);
      return 0;
    }
    if (command.computes) ensure_sound_blas(argv);
    return command.run(arguments);
  }
  throw UsageError(fmt::format("lx has no command '{}'{} (commands: {})", words[0], did_you_mean(words[0], names),
                               join(names, ", ")));
}

/// LibTorch's errors carry a stack trace: keep what it says.
std::string first_lines(const std::string& what) {
  const size_t trace = what.find("\nException raised from");
  return what.substr(0, trace);
}

}  // namespace
}  // namespace lx

int main(int argc, char* argv[]) {
  try {
    return lx::dispatch({argv + 1, argv + argc}, argv);
  } catch (const lx::UsageError& error) {
    lx::log::error("{}", error.what());
    return 2;
  } catch (const lx::Error& error) {
    lx::log::error("{}", error.what());
  } catch (const std::bad_alloc&) {
    lx::log::error("out of memory: try a smaller train.batch, eval.batch_tokens or model");
  } catch (const std::exception& error) {
    lx::log::error("{}", lx::first_lines(error.what()));
  }
  return 1;
}
