#include "data/tokenizer.h"

#include "base/error.h"
#include "base/hash.h"

namespace lx {
namespace {

class ByteTokenizer final : public Tokenizer {
 public:
  std::string name() const override { return "bytes"; }
  std::string hash() const override { return hash_hex("bytes"); }
  int64_t vocabulary() const override { return 256; }
  std::vector<Token> encode(std::string_view text) const override {
    std::vector<Token> tokens;
    tokens.reserve(text.size());
    for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
    return tokens;
  }
  std::string decode(std::span<const Token> tokens) const override {
    std::string text;
    text.reserve(tokens.size());
    for (const Token token : tokens) {
      require(token < 256, "token {} is not a byte", token);
      text += static_cast<char>(token);
    }
    return text;
  }
};

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const std::string& name, const std::string& place) {
  require(name == "bytes", "{}there is no tokenizer '{}' (known: bytes)", place, name);
  return std::make_unique<ByteTokenizer>();
}

}  // namespace lx
