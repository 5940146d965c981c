// Stopping politely: the first SIGINT, SIGTERM or SIGUSR1 asks, the second ends the program at once. SIGUSR1 is what
// clusters are told to send some time before a job's limit.
#pragma once

namespace lx {

/// Listens for these signals while the outermost of these lives; then the former handlers are back.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// The signal that asked to stop since the outermost guard was made (SIGINT, SIGTERM, SIGUSR1); 0: none. Stays after
/// the guard.
int interrupt_signal();

}  // namespace lx
