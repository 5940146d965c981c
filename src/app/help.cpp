#include "app/help.h"

#include <fmt/format.h>

namespace lx {

std::string flag_lines(const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) {
    const std::string name = (flag.short_name.empty() ? "" : "-" + flag.short_name + ", ") + "--" + flag.name +
                             (flag.argument.empty() ? "" : " " + flag.argument);
    // What is longer than the column gets a line of its own.
    text += name.size() > 28 ? fmt::format("  {}\n  {:<28} {}\n", name, "", flag.help)
                             : fmt::format("  {:<28} {}\n", name, flag.help);
  }
  return text;
}

std::string command_help(const Command& command) {
  return fmt::format("{}\n\n{}.\n", command.usage, command.summary) +
         (command.help.empty() ? "" : "\n" + command.help + "\n");
}

}  // namespace lx
