// The loops over one row of logits behind the vocabulary's loss: its cross entropy, and its gradient in place.
#pragma once

#include "base/simd.h"

#include <cstdint>

namespace lx {

struct CrossEntropyRow {
  struct Loss {
    float log_sum = 0;  // log sum exp of the logits
    float nats = 0;     // log_sum - logit of the target
    float spread = 0;   // log_sum - mean logit: the cross entropy to a uniform target
    bool hit = false;   // the target's logit is the largest; of equal ones the first is
  };
  Loss (*judge)(const float* logits, int64_t vocabulary, int64_t target);
  /// The same, and logits become d((1 - smoothing) nats + smoothing spread + z log_sum^2) / d logits.
  Loss (*differentiate)(float* logits, int64_t vocabulary, int64_t target, float smoothing, float z);
};

namespace plain {
extern const CrossEntropyRow cross_entropy_row;
}
#ifdef LX_SIMD_WIDE
namespace avx512 {
extern const CrossEntropyRow cross_entropy_row;
}
#endif

inline const CrossEntropyRow& cross_entropy_row() {
#ifdef LX_SIMD_WIDE
  return pick(plain::cross_entropy_row, avx512::cross_entropy_row);
#else
  return plain::cross_entropy_row;
#endif
}

}  // namespace lx
