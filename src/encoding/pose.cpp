// PoSE: while training, a text is two stretches with a random skip of positions between them, so that short texts show
// the relative positions of long ones (Zhu et al. 2023, arXiv 2309.10400). The first stretch has 1 to (T+1)/2 tokens
// and keeps its positions, the second stands u further on, u from 0 to target - T; each example draws its own. The
// authors' code also skips content: its second stretch is read further on in the document. Here the text is as it
// comes. They fine-tune with interpolated frequencies (`pi`, `ntk`, `yarn`); so should you.
#include "attention/stack.h"
#include "encoding/register.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct Pose final : ScoreModifier {
  struct Config {
    int64_t target = 0;
    static constexpr auto fields() {
      return std::tuple{config::field("target", &Config::target,
                                      "length whose positions training shall meet; 0: 8 trained lengths",
                                      config::not_negative())};
    }
  } config;

  Pose(Config c, const Shape& shape) : config(c) {
    if (config.target == 0) config.target = 8 * shape.trained_length;
    require(config.target >= shape.trained_length, "pose: the target ({}) must be at least the trained length ({})",
            config.target, shape.trained_length);
  }

  void place(Bands& bands, const Scene& scene) const override {
    if (!scene.training) return;
    const Tensor token = bands.home().key;
    std::vector<Tensor> examples;
    for (int64_t example = 0; example < scene.batch; ++example) {
      const Skip skip = drawn(scene.context_length, example, scene.draw);
      examples.push_back(token + (token >= skip.first).to(at::kDouble) * skip.by);
    }
    bands.home().key = at::stack(examples);  // [B,Tk]
    bands.home().query = bands.home().key.narrow(-1, scene.offset, scene.queries);
  }

  Traits traits() const override { return {.moves_tokens = true, .random = true}; }

  void define(PairRule& rule) const override {
    if (!rule.training) return;
    rule.place = [skip = drawn(rule.keys, rule.example, rule.draw)](int64_t t) {
      return static_cast<double>(t < skip.first ? t : t + skip.by);
    };
  }

 private:
  struct Skip {
    int64_t first, by;
  };

  Skip drawn(int64_t tokens, int64_t example, uint64_t draw) const {
    if (tokens > config.target)
      throw DoesNotApply(
          fmt::format("pose: a text of {} tokens is longer than the target ({}): raise it", tokens, config.target));
    Random random = Random(draw).fork("pose").fork(static_cast<uint64_t>(example));
    const auto first = static_cast<int64_t>(random.below(static_cast<uint64_t>(tokens + 1) / 2));
    const auto by = static_cast<int64_t>(random.below(static_cast<uint64_t>(config.target - tokens + 1)));
    return {first + 1, by};
  }
};

REGISTER_MODIFIER(Pose, "pose", "while training, a random skip of positions in the middle of each text",
                  "Zhu 2023, arXiv 2309.10400");

}  // namespace
}  // namespace lx
