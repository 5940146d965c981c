#include "base/random.h"

#include "base/hash.h"

#include <cmath>
#include <numbers>

namespace lx {
namespace {

uint64_t split_mix(uint64_t& x) {
  uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

}  // namespace

Random::Random(uint64_t seed) : key_(seed) {
  uint64_t x = seed;
  for (uint64_t& word : state_) word = split_mix(x);
}

Random Random::fork(std::string_view name) const { return Random(hash64(name, key_)); }

Random Random::fork(uint64_t index) const {
  return Random(hash64({reinterpret_cast<const char*>(&index), sizeof index}, key_ ^ 0x5851f42d4c957f2dULL));
}

uint64_t Random::bits() {
  const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

uint64_t Random::below(uint64_t bound) {
  const uint64_t reject = -bound % bound;  // the low 2^64 mod bound values would be drawn once too often
  uint64_t x = bits();
  while (x < reject) x = bits();
  return x % bound;
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

}  // namespace lx
