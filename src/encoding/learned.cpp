// A learned vector for each position, added once to the model's input (Gehring et al. 2017, arXiv 1705.03122). A table
// ends: texts beyond it are refused. `hierarchical` continues a table of n rows to n^2 positions (Su 2020, kexue.fm
// 7947): with u = (p - alpha p_0) / (1 - alpha), position a n + b gets alpha u_a + (1 - alpha) u_b, which is p_b in the
// first n. Written out, that is p_b + alpha / (1 - alpha) (p_a - p_0): exact there, whatever the rounding.
#include "attention/stack.h"
#include "encoding/register.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct LearnedPositions final : ScoreModifier {
  struct Config {
    int64_t size = 0;
    double hierarchical = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("size", &Config::size, "positions in the table; 0: the trained length", config::not_negative()),
          config::field("hierarchical", &Config::hierarchical,
                        "alpha: continue the table to size^2 positions made of two rows each (0.4 in the post); 0: off",
                        config::fraction())};
    }
  } config;
  Tensor table;  // [size,C]

  LearnedPositions(Config c, const Shape& shape) : config(c) {
    require(c.hierarchical != 0.5,
            "learned: with hierarchical 0.5 the rows of a position could be swapped and nobody would know: take 0.4");
    if (config.size == 0) config.size = shape.trained_length;
    if (shape.layer > 0) return;  // the input is read once, before the first layer
    Random random = shape.random;
    table = parameter("table", normal_tensor(random, {config.size, shape.width}) * 0.02);
  }

  void embed(Tensor& x, const Tensor& positions, const Scene&) const override {
    if (positions.numel() == 0) return;
    refuse_beyond(positions.max().item<double>());
    const Tensor place = positions.to(at::kLong);  // [Tq] or [B,Tq]
    const auto row = [&](const Tensor& index) { return at::embedding(table, index).to(x.scalar_type()); };
    if (config.hierarchical == 0) {
      x = x + row(place);
      return;
    }
    const double share = config.hierarchical / (1 - config.hierarchical);
    const Tensor coarse = place.div(config.size, "floor");
    x = x + row(place.remainder(config.size)) + share * (row(coarse) - row(at::zeros_like(coarse)));
  }

  Traits traits() const override { return {.whole_numbers_only = true, .gives_order = true}; }

  int64_t longest_text() const override { return config.hierarchical > 0 ? config.size * config.size : config.size; }

  void define(PairRule& rule) const override {
    rule.embed.push_back([this, &rule](int64_t t, Numbers& x) {
      const double alpha = config.hierarchical;
      const auto at = static_cast<int64_t>(rule.place(t)), a = at / config.size, b = at % config.size;
      for (size_t c = 0; c < x.size(); ++c) {
        const auto channel = static_cast<int64_t>(c);
        const auto u = [&](int64_t row) {
          return (number(table, {row, channel}) - alpha * number(table, {0, channel})) / (1 - alpha);
        };
        x[c] += alpha == 0 ? number(table, {at, channel}) : alpha * u(a) + (1 - alpha) * u(b);
      }
    });
  }

 private:
  void refuse_beyond(double position) const {
    const int64_t size = config.size;
    const bool continued = config.hierarchical > 0;
    if (position < static_cast<double>(longest_text())) return;
    const std::string remedy =
        continued ? "raise `size`"
                  : fmt::format("raise `size`, or set `hierarchical: 0.4`, which reaches {}", size * size);
    throw DoesNotApply(
        fmt::format("learned: the table of {} positions ends before this text, which reaches position "
                    "{}: keep to shorter texts, {}, or choose an encoding that is a function of position",
                    size, position, remedy));
  }
};

REGISTER_MODIFIER(LearnedPositions, "learned", "a learned vector for each position, added to the model's input",
                  "Gehring 2017, arXiv 1705.03122; hierarchical: Su 2020, kexue.fm 7947");

}  // namespace
}  // namespace lx
