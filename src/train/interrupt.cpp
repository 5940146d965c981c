// A signal handler can reach nothing but a global: this is the one place for it.
#include "train/interrupt.h"

#include <array>
#include <csignal>

namespace lx {
namespace {

constexpr std::array<int, 3> kAskingSignals{SIGINT, SIGTERM, SIGUSR1};
volatile std::sig_atomic_t asked_signal = 0;
int guard_depth = 0;
std::array<struct sigaction, kAskingSignals.size()> former_actions;

extern "C" void lx_remember_signal(int number) {
  asked_signal = number;
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;  // the second one is not asked but told
  for (const int other : kAskingSignals) sigaction(other, &plain, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  if (guard_depth++ > 0) return;
  asked_signal = 0;
  struct sigaction action {};
  action.sa_handler = lx_remember_signal;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < kAskingSignals.size(); ++i) sigaction(kAskingSignals[i], &action, &former_actions[i]);
}

InterruptGuard::~InterruptGuard() {
  if (--guard_depth > 0) return;
  for (size_t i = 0; i < kAskingSignals.size(); ++i) sigaction(kAskingSignals[i], &former_actions[i], nullptr);
}

int interrupt_signal() { return asked_signal; }

}  // namespace lx
