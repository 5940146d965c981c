#include "sweep/launcher.h"

#include "base/error.h"
#include "base/log.h"
#include "experiment/run.h"
#include "train/section.h"

#include <cstdlib>
#include <exception>
#include <new>

namespace lx {

Registry<LauncherEntry>& launchers() {
  static Registry<LauncherEntry> registry("launcher");
  return registry;
}

std::unique_ptr<Launcher> make_launcher(const config::Node& node) {
  const auto [name, settings] = split_name(node, "launcher");
  return launchers().get(name, node.find("name")->place.prefix()).make(settings, "launcher");
}

int run_cell(const SweepFolder& folder, int64_t number) {
  const Cell cell = read_cell(folder, number);
  log::info("cell {}: {}", number, cell.label());
  const auto failed = [&](const std::string& reason) {
    log::error("{}", reason);
    note_failure(cell.folder, reason);
    return kCellFailed;
  };
  try {
    forget_failure(cell.folder);
    const RunOutcome outcome = run_experiment(cell.run, {.folder = cell.folder.path});
    if (outcome.interrupted_by != 0) return 128 + outcome.interrupted_by;
    return outcome.found ? kCellFound : kCellDone;
  } catch (const BusyError& error) {
    log::error("{}", error.what());
    return kCellBusy;
  } catch (const MachineError& error) {
    log::error("{}", error.what());
    return kCellMachine;
  } catch (const std::bad_alloc&) {
    log::error(
        "out of memory: fewer cells at once (launcher.jobs), or a smaller train.batch, eval.batch_tokens or model");
    return kCellMachine;
  } catch (const Error& error) {
    return failed(error.what());
  } catch (const std::exception& error) {
    const std::string what = error.what();  // LibTorch's errors carry a stack trace: keep what they say
    for (const char* memory : {"not enough memory", "can't allocate memory", "out of memory"}) {
      if (what.find(memory) == std::string::npos) continue;
      log::error("out of memory: {}", what.substr(0, what.find('\n')));
      return kCellMachine;
    }
    return failed(what.substr(0, what.find("\nException raised from")));
  }
}

}  // namespace lx
