// The process of one cell on this machine: `lx cell SWEEP NUMBER`, started from this very program.
#pragma once

#include "sweep/folder.h"

#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace lx {

struct ChildExit {
  int status = 0;  // exit code; 128 + signal when it was killed
  uint64_t peak_memory = 0;
};

/// A child in a process group of its own (the terminal's Ctrl-C reaches only the launcher), which is asked to save and
/// stop when the launcher dies, whatever kills it.
class CellProcess {
 public:
  /// Runs on `processors` only (empty: anywhere); what it prints goes to the cell's log. Throws MachineError.
  CellProcess(const SweepFolder& folder, int64_t cell, const std::vector<int>& processors);
  ~CellProcess();  // kills it when it still runs
  CellProcess(CellProcess&& other) noexcept;
  CellProcess& operator=(CellProcess&& other) noexcept;

  std::optional<ChildExit> ended();  // empty while it runs; does not wait
  void ask_to_stop() const;          // SIGTERM: it saves first
  void kill() const;
  pid_t id() const { return id_; }

 private:
  pid_t id_ = -1;
};

}  // namespace lx
