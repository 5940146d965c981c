// In which format products are computed: float32, or bfloat16 factors with float32 sums (mixed precision). Weights,
// optimizer, residual stream and reductions are float32 in both; in bf16, what flows from one product to the next is
// bfloat16. Set once for a process (runtime.precision), like its number of threads.
#pragma once

#include <c10/core/ScalarType.h>

#include <string_view>

namespace lx {

enum class Precision { fp32, bf16 };

Precision precision();
void set_precision(Precision precision);
std::string_view precision_name(Precision precision);  // "fp32", "bf16": for people and records

/// The type of what products read and give in the precision at work: kBFloat16 or kFloat.
at::ScalarType working_type();

/// This processor multiplies bfloat16 by itself (AVX512_BF16), faster than float32.
bool native_bf16();

/// For a scope; what held before comes back.
class UsePrecision {
 public:
  explicit UsePrecision(Precision wanted) : before_(precision()) { set_precision(wanted); }
  ~UsePrecision() { set_precision(before_); }
  UsePrecision(const UsePrecision&) = delete;
  UsePrecision& operator=(const UsePrecision&) = delete;

 private:
  Precision before_;
};

}  // namespace lx
