// Stopping politely: the first SIGINT or SIGTERM asks, the second ends the program at once.
#pragma once

namespace lx {

/// Listens for both signals while the outermost of these lives; then the former handlers are back.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// The signal that asked to stop since the outermost guard was made (SIGINT, SIGTERM); 0: none. Stays after the guard.
int interrupt_signal();

}  // namespace lx
