#include "attention/frequencies.h"

#include "attention/bands.h"
#include "attention/turn_tables.h"
#include "base/error.h"
#include "ops/rotate.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct Turning {
  Tensor cosine, sine;  // [T,P], or [B,1,T,P] where examples have positions of their own

  Turning(const Band& band, const Frequencies& frequencies, Side side, at::ScalarType dtype) {
    const Tensor& first = side == Side::query ? band.query : band.key;
    const Tensor& second = side == Side::query ? band.query_down : band.key_down;
    if (!frequencies.growth.defined() && !(frequencies.down.defined() && second.defined()))
      if (const auto kept = kept_turn_tables(first, frequencies.theta, dtype)) {
        cosine = kept->cosine;
        sine = kept->sine;
        return;
      }
    const at::Device device = first.device();
    Tensor place = first.unsqueeze(-1);  // [T,1] or [B,T,1]
    if (frequencies.down.defined() && second.defined())
      place = at::where(frequencies.down.to(device), second.unsqueeze(-1), place);
    const Tensor angle = place * frequencies.theta.to(device);
    const TurnTables tables = turn_tables(angle);
    cosine = tables.cosine;
    sine = tables.sine;
    if (frequencies.growth.defined()) {
      const Tensor scale = growth_of(band, frequencies, side, dtype);
      cosine = cosine * scale;
      sine = sine * scale;
    }
    if (cosine.dim() == 3) {
      cosine = cosine.unsqueeze(1);
      sine = sine.unsqueeze(1);
    }
  }

  /// exp(+-position * growth), positions counted from the middle of the keys: only differences matter, and float32
  /// then holds half the exponent on either side.
  static Tensor growth_of(const Band& band, const Frequencies& frequencies, Side side, at::ScalarType dtype) {
    const Tensor middle = (band.key.min() + band.key.max()) / 2;
    const Tensor place = (side == Side::query ? band.query : band.key) - middle;
    const Tensor exponent = place.unsqueeze(-1) * frequencies.growth.to(place.device());
    const double largest = exponent.numel() > 0 ? exponent.abs().max().item<double>() : 0;
    require(largest < (dtype == at::kDouble ? 600 : 80),
            "a text this long overflows: factors that grow with position reach e^{:.0f}; let them grow slower "
            "(`scale`), or read shorter texts",
            largest);
    return (side == Side::query ? exponent : -exponent).exp();
  }
};

}  // namespace

Tensor turn(const Tensor& given, const Band& band, const Frequencies& frequencies, const Tensor& gain, Side side) {
  if (!frequencies.turning()) return gain.defined() ? given * gain.unsqueeze(-1).to(given.scalar_type()) : given;
  const at::ScalarType type = given.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto [cosine, sine] = Turning(band, frequencies, side, type);
  return rotate(given, cosine.to(type), sine.to(type), gain,
                frequencies.interleaved ? Pairs::neighbours : Pairs::halves);
}

}  // namespace lx
