// ALiBi: a penalty that grows linearly with distance, with its own slope in each head (Press et al. 2021,
// arXiv 2108.12409). Slopes of other series: NAPE (Vasylenko et al. 2025, arXiv 2506.16640), there for half of the
// heads beside heads without position. The paper's code adds +m j, which differs from -m (i - j) by a constant of the
// row: the same under a softmax, not with a sink. Keys ahead, which the paper leaves open: |d|, and `ahead` tells the
// two sides apart (0.5 in the bidirectional ALiBi of Ruoss et al. 2023, arXiv 2305.16843).
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {

enum class AlibiSlopes { alibi, linear, exponential };
template <>
struct config::EnumNames<AlibiSlopes> {
  static constexpr std::array<std::pair<std::string_view, AlibiSlopes>, 3> names{
      {{"alibi", AlibiSlopes::alibi}, {"linear", AlibiSlopes::linear}, {"exponential", AlibiSlopes::exponential}}};
};

namespace {

struct Alibi final : ScoreModifier {
  struct Config {
    bool learned = false;
    AlibiSlopes slopes = AlibiSlopes::alibi;
    double ahead = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("learned", &Config::learned, "slopes are parameters and start at `slopes`"),
          config::field("slopes", &Config::slopes,
                        "of head h of H, from 1: 2^(-8h/H) (alibi), 1/h (linear, NAPE), 2^(1-h) (exponential, NAPE)"),
          config::field("ahead", &Config::ahead, "added to the distance of keys behind the query's place",
                        config::not_negative())};
    }
  } config;
  Tensor slope;  // [H]

  Alibi(Config c, const Shape& shape) : config(c) {
    slope = at::tensor(slopes_of(config.slopes, shape.heads), at::kDouble);
    if (config.learned) slope = parameter("slope", slope.to(at::kFloat));
  }

  /// The paper's for numbers of heads that are no power of two: those of the power below, then every second slope of
  /// the power above.
  static Numbers slopes_of(AlibiSlopes series, int64_t heads) {
    int64_t power = 1;
    while (2 * power <= heads) power *= 2;
    Numbers slopes;
    for (int64_t n = 0; n < heads; ++n) {
      const auto h = static_cast<double>(n + 1), most = static_cast<double>(power);
      if (series == AlibiSlopes::linear)
        slopes.push_back(1 / h);
      else if (series == AlibiSlopes::exponential)
        slopes.push_back(std::exp2(1 - h));
      else if (n < power)
        slopes.push_back(std::exp2(-8 * h / most));
      else
        slopes.push_back(std::exp2(-8 * (2 * (h - most) - 1) / (2 * most)));
    }
    return slopes;
  }

  Tensor bias(const Tensor& distance, const Scene&) const override {
    const Tensor reach = distance.abs() + (distance < 0).to(distance.scalar_type()) * config.ahead;  // [n]
    return slope.to(distance.options()).unsqueeze(1) * -reach;
  }

  void define(PairRule& rule) const override {
    rule.bias.push_back([this](int64_t h, double relative) {
      return -number(slope, {h}) * (relative < 0 ? config.ahead - relative : relative);
    });
  }
};

REGISTER_MODIFIER(Alibi, "alibi", "a penalty linear in the distance, a slope for each head",
                  "Press 2021, arXiv 2108.12409; NAPE: Vasylenko 2025, arXiv 2506.16640");

}  // namespace
}  // namespace lx
