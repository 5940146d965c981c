// Dual chunk attention: positions start again in every chunk of c = chunk - local tokens, and a query stands by how
// many chunks it is away from a key at j mod c (An et al. 2024, arXiv 2402.17463).
//   same chunk: i mod c;   the one before: min(i mod c + c, chunk);   older ones: min(2c - 1, chunk)
// Keys ahead (prefix, encoder) get the mirror image: the map is odd.
// Chunks are stretches of the text, so the method says where all tokens stand and no other modifier may: `randomized`
// beside it is refused. The authors' code also multiplies cosines and sines by 0.05 ln(L/N) + 1, which the paper leaves
// out and so do we: put a gain beside it to have it.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

struct Chunked final : ScoreModifier {
  struct Config {
    int64_t chunk = 0, local = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("chunk", &Config::chunk, "largest relative position; 0: three quarters of the trained length",
                        config::not_negative()),
          config::field("local", &Config::local,
                        "distances that stay exact across the border of two chunks; 0: an eighth of the trained length",
                        config::not_negative())};
    }
  } config;
  int64_t step;  // c: tokens in a chunk

  Chunked(Config c, const Shape& shape) : config(c) {
    if (config.chunk == 0) config.chunk = std::max<int64_t>(3 * shape.trained_length / 4, 1);
    if (config.local == 0) config.local = shape.trained_length / 8;
    step = config.chunk - config.local;
    require(step > 0, "chunked: local ({}) must be smaller than chunk ({})", config.local, config.chunk);
  }

  void place(Bands& bands, const Scene& scene) const override {
    const auto c = static_cast<double>(step), most = static_cast<double>(config.chunk);
    const Tensor i = bands.home().query.remainder(step), j = bands.home().key.remainder(step);
    const auto next = [&](const Tensor& place) { return (place + c).clamp_max(most); };
    const auto older = [&](const Tensor& place) { return at::full_like(place, std::min(2 * c - 1, most)); };
    bands.unit = step;
    if (scene.ahead) {
      bands.list = {{.query = i, .key = older(j)}, {-1, i, next(j)}, {0, i, j}};
    } else {
      bands.home() = {kFromEverywhere, i, j};
    }
    bands.insert({1, next(i), j});
    bands.insert({2, older(i), j});
  }

  Traits traits() const override { return {.moves_tokens = true, .maps_far = true, .ranks_in_cache = true}; }

  void define(PairRule& rule) const override {
    rule.place = [c = step](int64_t t) { return static_cast<double>(t % c); };
    rule.relative = [c = step, chunk = config.chunk](int64_t i, int64_t j) {
      const auto past = [&](int64_t query, int64_t key) {
        const int64_t apart = query / c - key / c, place = query % c;
        const int64_t stands = apart == 0   ? place
                               : apart == 1 ? std::min(place + c, chunk)
                                            : std::min(2 * c - 1, chunk);
        return static_cast<double>(stands - key % c);
      };
      return i >= j ? past(i, j) : -past(j, i);
    };
  }
};

REGISTER_MODIFIER(Chunked, "chunked", "dual chunk attention: positions start again in every chunk",
                  "An 2024, arXiv 2402.17463");

}  // namespace
}  // namespace lx
