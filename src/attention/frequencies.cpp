#include "attention/frequencies.h"

#include "ops/rotate.h"

#include <ATen/ATen.h>

namespace lx {

Tensor turn(const Tensor& x, const Tensor& positions, const Frequencies& frequencies, const Tensor& gain, Side side) {
  const bool learned_gain = gain.defined() && (gain.requires_grad() || gain.dim() < 3 || gain.size(1) != 1);
  if (!frequencies.turning()) return gain.defined() ? x * gain.unsqueeze(-1).to(x.scalar_type()) : x;
  const Tensor angle = positions.unsqueeze(-1) * frequencies.theta.to(positions.device());  // [T,P] or [B,T,P]
  Tensor cosine = angle.cos(), sine = angle.sin();
  if (frequencies.growth.defined()) {
    const Tensor exponent = positions.unsqueeze(-1) * frequencies.growth.to(positions.device());
    const Tensor scale = (side == Side::query ? exponent : -exponent).exp();
    cosine = cosine * scale;
    sine = sine * scale;
  }
  if (cosine.dim() == 3) {  // positions of their own for each example: [B,1,T,P]
    cosine = cosine.unsqueeze(1);
    sine = sine.unsqueeze(1);
  }
  const int64_t pairs = frequencies.theta.size(0);
  const bool whole = 2 * pairs == x.size(-1);
  if (gain.defined() && !learned_gain && whole) {
    // One pass instead of two: a gain that every head shares goes into the tables.
    const Tensor factor = gain.unsqueeze(-1).to(at::kDouble);  // [1 or B,1,T,1]
    cosine = cosine * factor;
    sine = sine * factor;
    return rotate(x, cosine.to(x.scalar_type()), sine.to(x.scalar_type()));
  }
  cosine = cosine.to(x.scalar_type());
  sine = sine.to(x.scalar_type());
  Tensor turned =
      whole
          ? rotate(x, cosine, sine)
          : at::cat({rotate(x.narrow(-1, 0, 2 * pairs), cosine, sine), x.narrow(-1, 2 * pairs, x.size(-1) - 2 * pairs)},
                    -1);
  return gain.defined() ? turned * gain.unsqueeze(-1).to(x.scalar_type()) : turned;
}

}  // namespace lx
