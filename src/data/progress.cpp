#include "data/progress.h"

#include <cstdio>
#include <unistd.h>

namespace lx {

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1B[K", stderr);
}

void Progress::show(const std::function<std::string()>& done) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (now - begun_ < 1s || now - shown_ < 200ms || ::isatty(2) == 0) return;
  shown_ = now;
  visible_ = true;
  std::fprintf(stderr, "\r\x1B[K%s: %s", what_.c_str(), done().c_str());
  std::fflush(stderr);
}

}  // namespace lx
