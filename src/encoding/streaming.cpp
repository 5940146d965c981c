// StreamingLLM: a cache of the first `sinks` tokens and the last `size`, where positions are ranks inside the cache
// (Xiao et al. 2023, arXiv 2309.17453). The query is the cache's last: it stands at min(i, sinks + size - 1), which
// leaves the distances to recent keys as they are and caps those to the sinks. Ranks are tokens of the cache. Where a
// modifier moves tokens (randomized), rank r stands where token r stands.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>

namespace lx {
namespace {

struct Streaming final : ScoreModifier {
  struct Config {
    int64_t size = 0, sinks = 4;
    static constexpr auto fields() {
      return std::tuple{
          config::field("size", &Config::size,
                        "latest tokens that the cache holds, the query among them; 0: the trained length",
                        config::not_negative()),
          config::field("sinks", &Config::sinks, "first tokens that the cache never gives up", config::not_negative())};
    }
  } config;
  int64_t last_rank;

  Streaming(Config c, const Shape& shape) : config(c) {
    if (config.size == 0) config.size = shape.trained_length;
    last_rank = config.sinks + config.size - 1;
  }

  void reveal(Visibility& visible, const Scene&) const override {
    visible.window = std::min(visible.window, config.size);
    visible.sinks = std::max(visible.sinks, config.sinks);
  }

  void place(Bands& bands, const Scene& scene) const override {
    // Keys that far away are sinks or hidden; a cap on hidden ones keeps their relative positions from turning
    // negative.
    const Tensor key = bands.home().key;
    const Tensor rank = at::arange(scene.context_length, key.options().dtype(at::kLong)).clamp_max(last_rank);
    const Tensor capped = key.index_select(-1, rank);
    bands.insert({config.size, capped.narrow(-1, scene.offset, scene.queries), capped});
  }

  Traits traits() const override { return {.maps_far = true, .ranks_in_cache = true}; }

  void define(PairRule& rule) const override {
    rule.near.push_back([size = config.size](int64_t i, int64_t j) { return std::abs(i - j) < size; });
    rule.sinks = std::max(rule.sinks, config.sinks);
    rule.relative = [&rule, exact = rule.relative, size = config.size, last = last_rank](int64_t i, int64_t j) {
      if (i - j < size) return exact(i, j);
      return rule.place(std::min(i, last)) - rule.place(std::min(j, last));
    };
  }
};

REGISTER_MODIFIER(Streaming, "streaming", "sinks and a window, positions are ranks in the cache that holds them",
                  "Xiao 2023, arXiv 2309.17453");

}  // namespace
}  // namespace lx
