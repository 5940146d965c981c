// Where time goes, by named part: `Timed part("attention");` in a scope books its time under that name. Without a
// Profile that listens it costs a few nanoseconds.
#pragma once

#include <map>
#include <string>

namespace lx {

/// Listens while it lives (one at a time, on the thread that made it).
class Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  struct Part {
    double seconds = 0;  // spent in the part itself, not in parts that it contains
    long calls = 0;
  };
  const std::map<std::string, Part>& parts() const { return parts_; }

 private:
  friend class Timed;
  std::map<std::string, Part> parts_;
  const char* current_ = nullptr;
  double since_ = 0;
};

/// Books the time of a scope. A part inside a part is booked under its own name only.
class Timed {
 public:
  explicit Timed(const char* part);
  ~Timed();
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  Profile* profile_;
  const char* outer_ = nullptr;
};

}  // namespace lx
