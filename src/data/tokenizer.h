// How text becomes tokens. Bytes are the only tokenizer so far; token files name theirs by hash, so that a model never
// reads tokens of another.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

using Token = uint16_t;

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::string name() const = 0;
  /// Changes whenever the same text would become other tokens.
  virtual std::string hash() const = 0;
  virtual int64_t vocabulary() const = 0;
  virtual std::vector<Token> encode(std::string_view text) const = 0;
  virtual std::string decode(std::span<const Token> tokens) const = 0;
};

/// "bytes": token i is the byte i, vocabulary 256. Throws Error for other names; `place` goes before the message.
std::unique_ptr<Tokenizer> make_tokenizer(const std::string& name, const std::string& place = "");

}  // namespace lx
