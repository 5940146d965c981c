#include "train/batch_ahead.h"

#include "tensor/machine.h"

#include <csignal>
#include <utility>

namespace lx {

BatchAhead::BatchAhead(std::function<StepBatches(int64_t)> make, bool helper) : make_(std::move(make)) {
  if (!helper) return;
  // Signals are for the main thread: a new thread inherits what is blocked while it is made.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  helper_ = std::thread([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BatchAhead::~BatchAhead() {
  if (!helper_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  helper_.join();
}

void BatchAhead::work() {
  use_one_thread_here();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || (step_ && !ready_); });
    if (stop_) return;
    const int64_t step = *step_;
    lock.unlock();
    StepBatches made;
    std::exception_ptr failure;
    try {
      made = make_(step);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    made_ = std::move(made);
    failure_ = failure;
    ready_ = true;
    changed_.notify_all();
  }
}

void BatchAhead::begin(int64_t step) {
  step_ = step;
  ready_ = false;
  changed_.notify_all();
}

StepBatches BatchAhead::take(int64_t step, bool next) {
  if (!helper_.joinable()) return make_(step);
  std::unique_lock lock(mutex_);
  if (step_ && *step_ != step) changed_.wait(lock, [this] { return ready_; });  // something else was begun: let it end
  if (!step_ || *step_ != step) begin(step);
  changed_.wait(lock, [this] { return ready_; });
  step_.reset();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  StepBatches taken = std::exchange(made_, {});
  if (next) begin(step + 1);
  return taken;
}

}  // namespace lx
