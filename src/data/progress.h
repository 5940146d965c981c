// Says how far a step that takes more than a second has come: a line that rewrites itself on a terminal, nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace lx {

class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// `done` says it in words, e.g. "12.3 MiB of 139 MiB"; asked at most five times a second.
  void show(const std::function<std::string()>& done);

 private:
  std::string what_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now(), shown_ = begun_;
  bool visible_ = false;
};

}  // namespace lx
