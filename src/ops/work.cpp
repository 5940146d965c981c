#include "ops/work.h"

namespace lx {
namespace {

thread_local CountWork* counter_of_thread = nullptr;

}  // namespace

CountWork::CountWork() : outer_(counter_of_thread) { counter_of_thread = this; }

CountWork::~CountWork() {
  counter_of_thread = outer_;
  if (outer_) outer_->operations_ += operations_;
}

bool WorkCounter::on() { return counter_of_thread != nullptr; }

void WorkCounter::add(int64_t operations) {
  if (counter_of_thread) counter_of_thread->operations_ += operations;
}

WorkCounter::Pause::Pause() : paused_(counter_of_thread) { counter_of_thread = nullptr; }
WorkCounter::Pause::~Pause() { counter_of_thread = paused_; }

}  // namespace lx
