// Forgetting attention: each token closes a gate a little on all that came before it (FoX, Lin et al. 2025,
// arXiv 2503.02130). A pair of tokens gets the sum of the log gates from behind the key up to the query.
//   full:  ln sigmoid(w_h x + b_h) of the layer's input x; w starts in N(0, 0.02^2), b at 0
//   bias:  w is 0: a learned ALiBi;   fixed: b is not learned either: ALiBi
// Without w, b starts so that a gate is -1/T: T is the time, in tokens, in which a weight falls to 1/e (not a
// half-life), spread evenly in the logarithm from `fastest` in the first head to `slowest` in the last. FoX publishes
// no values; 2 and 256 are ALiBi's slopes for 8 heads. Cable (Veisi et al. 2025, arXiv 2503.08067) is `gate: softplus`,
// log gate -softplus(w_h x + b_h): FoX with w and b negated. Keys ahead, which the papers leave open: the sum between
// the two tokens all the same.
#include "encoding/register.h"
#include "tensor/draw.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {

enum class ForgetKind { full, bias, fixed };
template <>
struct config::EnumNames<ForgetKind> {
  static constexpr std::array<std::pair<std::string_view, ForgetKind>, 3> names{
      {{"full", ForgetKind::full}, {"bias", ForgetKind::bias}, {"fixed", ForgetKind::fixed}}};
};
enum class ForgetGate { sigmoid, softplus };
template <>
struct config::EnumNames<ForgetGate> {
  static constexpr std::array<std::pair<std::string_view, ForgetGate>, 2> names{
      {{"sigmoid", ForgetGate::sigmoid}, {"softplus", ForgetGate::softplus}}};
};

namespace {

struct Forget final : ScoreModifier {
  struct Config {
    ForgetKind kind = ForgetKind::full;
    ForgetGate gate = ForgetGate::sigmoid;
    double fastest = 0, slowest = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("kind", &Config::kind, "gates of the layer's input; one learned gate a head; one fixed gate"),
          config::field("gate", &Config::gate, "log gate of z: ln sigmoid(z) (FoX), or -softplus(z) (Cable)"),
          config::field("fastest", &Config::fastest,
                        "tokens in which the first head forgets, without gates of the input; 0: 2",
                        config::not_negative()),
          config::field("slowest", &Config::slowest,
                        "tokens in which the last head forgets, without gates of the input; 0: the trained length",
                        config::not_negative())};
    }
  } config;
  Tensor weight, offset;  // [H,C], [H]

  Forget(Config c, const Shape& shape) : config(c) {
    if (config.kind == ForgetKind::full) {
      require(c.fastest == 0 && c.slowest == 0,
              "forget: gates of the input start alike in every head: fastest ({}) and slowest ({}) belong to the kinds "
              "bias and fixed",
              c.fastest, c.slowest);
      Random random = shape.random.fork("weight");
      weight = parameter("weight", normal_tensor(random, {shape.heads, shape.width}).mul_(0.02));
      offset = parameter("bias", at::zeros({shape.heads}));
      return;
    }
    require(config.kind != ForgetKind::fixed || c.gate == ForgetGate::sigmoid,
            "forget: fixed gates are the same numbers whatever the formula: leave `gate: softplus` out");
    offset = at::tensor(starts(shape.heads, shape.trained_length), at::kDouble);
    if (config.kind == ForgetKind::bias) offset = parameter("bias", offset.to(at::kFloat));
  }

  /// b with ln sigmoid(b) = -1/T (softplus: its negative).
  Numbers starts(int64_t heads, int64_t trained_length) const {
    const double fastest = config.fastest > 0 ? config.fastest : 2;
    const double slowest = config.slowest > 0 ? config.slowest : std::max(static_cast<double>(trained_length), fastest);
    require(slowest >= fastest, "forget: slowest ({}) must not be below fastest ({})", slowest, fastest);
    Numbers all;
    for (int64_t h = 0; h < heads; ++h) {
      const double part = heads > 1 ? static_cast<double>(h) / static_cast<double>(heads - 1) : 0;
      const double time = fastest * std::pow(slowest / fastest, part);
      const double b = -std::log(std::expm1(1 / time));
      all.push_back(config.gate == ForgetGate::softplus ? -b : b);
    }
    return all;
  }

  void add(Addends& addends, const Scene& scene) const override {
    Tensor z;  // [B,H,Tq]
    if (weight.defined()) {
      require(
          scene.hidden.defined(),
          "forget: its gates depend on what the layer reads, and here no text is read: give the kind bias or fixed");
      z = (at::matmul(scene.hidden, weight.t()) + offset).transpose(1, 2);
    } else {
      const Tensor b = scene.hidden.defined() ? offset.to(scene.hidden.options()) : offset;
      z = b.view({1, -1, 1}).expand({scene.batch, scene.shape.heads, scene.queries});
    }
    // -softplus(z) = ln sigmoid(-z), and this function is exact at both ends.
    addends.add_gate(at::log_sigmoid(config.gate == ForgetGate::softplus ? -z : z));
  }

  Traits traits() const override { return {.gives_order = true, .reads_input = weight.defined(), .gates = true}; }

  void define(PairRule& rule) const override {
    const Numbers b = numbers(offset), w = weight.defined() ? numbers(weight) : Numbers{};
    rule.log_gate.push_back([this, &rule, b, w](int64_t h, int64_t t) {
      const auto head = static_cast<size_t>(h);
      double z = b[head];
      if (!w.empty()) {
        const Numbers x = rule.hidden(t);
        for (size_t c = 0; c < x.size(); ++c) z += w[head * x.size() + c] * x[c];
      }
      return config.gate == ForgetGate::softplus ? -std::log(1 + std::exp(z)) : std::log(1 / (1 + std::exp(-z)));
    });
  }
};

REGISTER_MODIFIER(Forget, "forget", "gates of the input (or learned, or fixed) that fade what came before",
                  "Lin 2025, arXiv 2503.02130; Cable: Veisi 2025, arXiv 2503.08067");

}  // namespace
}  // namespace lx
