// Blockwise causal attention (xPos; Sun et al. 2022, arXiv 2212.10554): a query sees its own block and the one before.
// The authors' block of N is made of two such halves: with a size of N/2 each query sees between N/2 + 1 and N keys.
// Their code switches it on only for texts longer than N, where it begins to matter, and decodes with a plain window of
// the last N keys; here decoding sees what one pass sees.
#include "encoding/register.h"

#include <algorithm>
#include <cstdlib>

namespace lx {
namespace {

struct Blocks final : ScoreModifier {
  struct Config {
    int64_t size = 0;
    static constexpr auto fields() {
      return std::tuple{config::field(
          "size", &Config::size, "tokens in a block; 0: half the trained length, rounded up", config::not_negative())};
    }
  } config;

  Blocks(Config c, const Shape& shape) : config(c) {
    if (config.size == 0) config.size = (shape.trained_length + 1) / 2;
  }

  void reveal(Visibility& visible, const Scene&) const override {
    visible.block = visible.block == 0 ? config.size : std::min(visible.block, config.size);
  }

  void define(PairRule& rule) const override {
    rule.near.push_back([size = config.size](int64_t i, int64_t j) { return std::abs(i / size - j / size) <= 1; });
  }
};

REGISTER_MODIFIER(Blocks, "blocks", "a query sees its own block of tokens and the one before",
                  "Sun 2022, arXiv 2212.10554");

}  // namespace
}  // namespace lx
