// What is compared: keys, queries or both scaled to unit length (kexue.fm 9859: KNA, QNA, cosine attention).
// The posts drop 1/sqrt(D) when a side has unit length; here the normalised side is scaled by sqrt(D) instead, which
// cancels the stack's 1/sqrt(D) and leaves <q, k/|k|>.
#include "encoding/register.h"
#include "ops/norm.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {

enum class CosineLength { fixed, visible };
template <>
struct config::EnumNames<CosineLength> {
  static constexpr std::array<std::pair<std::string_view, CosineLength>, 2> names{
      {{"fixed", CosineLength::fixed}, {"visible", CosineLength::visible}}};
};

namespace {

struct UnitVector {
  static void stretch(Numbers& x, double length) {
    double squares = 0;
    for (const double value : x) squares += value * value;
    for (double& value : x) value *= length / std::sqrt(squares);
  }

  /// x / |x| times `length`: a root mean square of length / sqrt(D). eps guards a zero vector.
  static Tensor of(const Tensor& x, double length) {
    const double channels = static_cast<double>(x.size(-1)), root = length / std::sqrt(channels);
    const auto reals = at::TensorOptions().device(x.device()).dtype(parameter_type(x));
    const Tensor gain = root == 1 ? Tensor() : at::full({x.size(-1)}, root, reals);
    return norm_rows(x, {.centred = false, .gain = gain, .eps = 1e-12 / channels}, x.scalar_type());
  }

  static at::ScalarType parameter_type(const Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  }
};

struct KeyNorm final : ScoreModifier {
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };
  explicit KeyNorm(Config, const Shape&) {}

  void shape(Tensor&, Tensor& k, const Scene& scene) const override {
    k = UnitVector::of(k, std::sqrt(static_cast<double>(scene.shape.head_dim)));
  }

  void define(PairRule& rule) const override {
    rule.shape.push_back([length = std::sqrt(static_cast<double>(rule.head_dim))](int64_t, Numbers&, Numbers& k) {
      UnitVector::stretch(k, length);
    });
  }
};

struct QueryNorm final : ScoreModifier {
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };
  explicit QueryNorm(Config, const Shape&) {}

  void shape(Tensor& q, Tensor&, const Scene& scene) const override {
    q = UnitVector::of(q, std::sqrt(static_cast<double>(scene.shape.head_dim)));
  }

  void define(PairRule& rule) const override {
    rule.shape.push_back([length = std::sqrt(static_cast<double>(rule.head_dim))](int64_t, Numbers& q, Numbers&) {
      UnitVector::stretch(q, length);
    });
  }
};

// softmax(lambda <q/|q|, k/|k|>), lambda = scale * ln n: n = N/2 (fixed), or the keys each query sees.
struct Cosine final : ScoreModifier {
  struct Config {
    double scale = 4;
    CosineLength length = CosineLength::fixed;
    static constexpr auto fields() {
      return std::tuple{
          config::field("scale", &Config::scale, "lambda = scale * ln n", config::positive()),
          config::field("length", &Config::length, "n: half the trained length, or the keys a query sees")};
    }
  } config;

  Cosine(Config c, const Shape&) : config(c) {}

  void shape(Tensor& q, Tensor& k, const Scene& scene) const override {
    q = UnitVector::of(q, std::sqrt(static_cast<double>(scene.shape.head_dim)));
    k = UnitVector::of(k, 1);
  }

  void sharpen(Tensor& gain, const Tensor& visible_keys, const Scene& scene) const override {
    if (config.length == CosineLength::visible)
      gain = gain * (visible_keys.log() * config.scale);
    else
      gain = gain * (config.scale * std::log(static_cast<double>(scene.shape.trained_length) / 2));
  }

  void define(PairRule& rule) const override {
    rule.shape.push_back([length = std::sqrt(static_cast<double>(rule.head_dim))](int64_t, Numbers& q, Numbers& k) {
      UnitVector::stretch(q, length);
      UnitVector::stretch(k, 1);
    });
    rule.gain.push_back([c = config, n = rule.trained_length](int64_t, int64_t, double seen) {
      return c.scale * std::log(c.length == CosineLength::visible ? seen : static_cast<double>(n) / 2);
    });
  }
};

REGISTER_MODIFIER(KeyNorm, "key_norm", "keys of unit length, no 1/sqrt(D): KNA", "Su 2023, kexue.fm 9859");
REGISTER_MODIFIER(QueryNorm, "query_norm", "queries of unit length, no 1/sqrt(D): QNA", "Su 2023, kexue.fm 9859");
REGISTER_MODIFIER(Cosine, "cosine", "cosine attention with scale 4 ln n", "Su 2023, kexue.fm 9859, 9812");

}  // namespace
}  // namespace lx
