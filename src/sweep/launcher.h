// What runs the cells of a sweep: processes of this machine, or a cluster. One file a launcher; the registry is their
// interface.
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "sweep/folder.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

struct LaunchRequest {
  SweepFolder folder;
  std::vector<Cell> cells;  // those to be run: none of them done
  size_t others = 0;        // cells of the sweep that are not among them
  bool fail_fast = false;   // start nothing more once a cell has failed
};

struct CellProblem {
  Cell cell;
  std::string reason;
};

struct LaunchReport {
  std::vector<CellProblem> problems;
  int interrupted_by = 0;  // the signal that asked this process to stop; 0: none
  bool left = false;       // the cells go on without this process (a cluster has them)
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// Threads of one cell: what `runtime.threads: 0` means in a sweep.
  virtual int64_t threads() const = 0;
  /// Runs every cell, or says why not. Tells at once when one starts, ends or fails.
  virtual LaunchReport launch(const LaunchRequest& request) = 0;
  /// What launch() would do, for --dry-run.
  virtual std::string plan(const LaunchRequest& request) const = 0;

 protected:
  Launcher() = default;
};

struct LauncherEntry {
  std::string summary;
  std::function<std::unique_ptr<Launcher>(const config::Node& settings, const std::string& path)> make;
  std::function<std::vector<config::KeyHelp>()> help;
  std::string source;
};

Registry<LauncherEntry>& launchers();

/// `node`: {name: local, jobs: 2, …}, the section `launcher`. Throws Error as read().
std::unique_ptr<Launcher> make_launcher(const config::Node& node);

template <class Kind>  // Kind: a Launcher with a Config that has fields(), made from a Config
struct RegisterLauncher {
  RegisterLauncher(const char* name, const char* summary) {
    launchers().add(name, {summary,
                           [](const config::Node& settings, const std::string& path) {
                             return std::unique_ptr<Launcher>(
                                 std::make_unique<Kind>(config::read<typename Kind::Config>(settings, path)));
                           },
                           [] { return config::help<typename Kind::Config>(); }, ""});
  }
};

/// What one cell's process tells the one that started it, as its exit code.
/// 128 + signal: interrupted.
enum CellExit : int { kCellDone = 0, kCellFailed = 1, kCellMachine = 3, kCellBusy = 4, kCellFound = 5 };

/// Runs one cell in this process: what launchers start. Never throws Error: says it and keeps it beside the run.
int run_cell(const SweepFolder& folder, int64_t number);

}  // namespace lx

#define REGISTER_LAUNCHER(Kind, ...) \
  [[maybe_unused]] const ::lx::RegisterLauncher<Kind> register_##Kind { __VA_ARGS__ }
