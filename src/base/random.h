// Named, forkable random streams. There is no global generator: a stream is a value, a child is named by what it is
// for,
//   Random(seed).fork("data/train").fork(step)
// so the same name always yields the same numbers, whatever was drawn elsewhere, and resuming needs no saved state.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lx {

class Random {
 public:
  explicit Random(uint64_t seed);
  Random fork(std::string_view name) const;  // independent of how much this stream was used
  Random fork(uint64_t index) const;

  uint64_t bits();                 // 64 uniform bits (xoshiro256**)
  uint64_t below(uint64_t bound);  // uniform in [0, bound), unbiased; bound >= 1
  double uniform();                // [0, 1), 53 bits
  double normal();                 // mean 0, deviation 1 (Box-Muller)

  /// A number that names this stream, e.g. to seed another library's generator.
  uint64_t key() const { return key_; }

 private:
  uint64_t key_;
  std::array<uint64_t, 4> state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace lx
