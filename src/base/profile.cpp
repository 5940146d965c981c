#include "base/profile.h"

#include <chrono>

namespace lx {
namespace {

struct ProfileClock {
  static inline thread_local Profile* listening = nullptr;
  static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace

Profile::Profile() { ProfileClock::listening = this; }
Profile::~Profile() { ProfileClock::listening = nullptr; }

Timed::Timed(const char* part) : profile_(ProfileClock::listening) {
  if (!profile_) return;
  const double now = ProfileClock::now();
  outer_ = profile_->current_;
  if (outer_) profile_->parts_[outer_].seconds += now - profile_->since_;
  profile_->current_ = part;
  profile_->since_ = now;
  ++profile_->parts_[part].calls;
}

Timed::~Timed() {
  if (!profile_ || ProfileClock::listening != profile_) return;
  const double now = ProfileClock::now();
  profile_->parts_[profile_->current_].seconds += now - profile_->since_;
  profile_->current_ = outer_;
  profile_->since_ = now;
}

}  // namespace lx
