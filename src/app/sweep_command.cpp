#include "app/sweep_command.h"

#include "base/error.h"
#include "sweep/collect.h"
#include "sweep/launcher.h"
#include "sweep/sweep.h"

#include <charconv>

namespace lx {
namespace {

int sweep_words(const Arguments& arguments) {
  if (arguments.has("status") == arguments.has("collect"))
    throw UsageError("say what: lx sweep --status [SWEEP] or lx sweep --collect [SWEEP]; lx run -m … starts a sweep");
  if (arguments.words.size() > 1) throw UsageError("lx sweep takes one sweep: its folder, its id, or `last`");
  const std::string sweep = arguments.words.empty() ? "last" : arguments.words.front();
  if (arguments.has("status")) return show_sweep(sweep);
  fmt::print("{}", describe(collect(find_sweep(sweep))));
  return 0;
}

int cell_words(const Arguments& arguments) {
  int64_t number = -1;
  if (arguments.words.size() == 2) {
    const std::string& text = arguments.words[1];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) number = -1;
  }
  if (number < 0) throw UsageError("lx cell wants the folder of a sweep and the number of a cell");
  return run_cell(find_sweep(arguments.words[0]), number);
}

}  // namespace

Command sweep_command() {
  return {
      "sweep",
      "lx sweep --status | --collect [SWEEP]",
      "what became of a sweep, cell by cell",
      "SWEEP is its folder, the first digits of its id, or `last`. `lx run -m …` starts a sweep, and goes on with it.",
      {{"status", "", "", "print the state of each cell"},
       {"collect", "", "", "put its runs into one file, as lx collect does"}},
      sweep_words,
      false};
}

Command cell_command() {
  return {"cell",
          "lx cell SWEEP NUMBER",
          "run one cell of a sweep in this process (launchers call it)",
          "Exit codes: 0 done; 1 failed by a mistake of its own; 3 the machine (a full disk, no memory); 4 another "
          "process\n"
          "is at work on it; 5 it was done before; 128 + signal: saved and stopped.",
          {},
          cell_words,
          true};
}

}  // namespace lx
