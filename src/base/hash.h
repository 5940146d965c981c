// Content hashes (XXH3, 128 bits): names for configurations, corpora and files. Not cryptographic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lx {

class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher& update(const void* data, size_t bytes);
  Hasher& update(std::string_view text) { return update(text.data(), text.size()); }
  /// 32 hexadecimal digits of what was fed so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string hash_hex(std::string_view text);  // 32 hexadecimal digits
uint64_t hash64(std::string_view text, uint64_t seed = 0);

}  // namespace lx
