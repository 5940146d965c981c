// What a machine has to give to a pool of processes: processors to pin them to, and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace lx {

/// The processors this process may run on, so that neighbours in the list are different cores as long as there are any:
/// the first of each core, then the hyper-threads.
std::vector<int> processors();

/// Bytes that can still be had: of the machine, and of every control group this process is in.
uint64_t available_memory();

/// Bytes a process holds now, and the most it ever held; empty when it is gone.
struct ProcessMemory {
  uint64_t now = 0, peak = 0;
};
std::optional<ProcessMemory> process_memory(pid_t process);

}  // namespace lx
