#include "ops/precision.h"

#include <atomic>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lx {
namespace {

struct PrecisionAtWork {
  static inline std::atomic<Precision> now = Precision::fp32;

  static bool processor_has_bf16() {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned kAvx512Bf16 = 1u << 5;  // CPUID leaf 7, subleaf 1, EAX
    const bool known = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0;
    return known && (a & kAvx512Bf16) != 0 && __builtin_cpu_supports("avx512bw");
#else
    return false;
#endif
  }
};

}  // namespace

Precision precision() { return PrecisionAtWork::now.load(std::memory_order_relaxed); }
void set_precision(Precision precision) { PrecisionAtWork::now.store(precision, std::memory_order_relaxed); }
std::string_view precision_name(Precision precision) { return precision == Precision::bf16 ? "bf16" : "fp32"; }
at::ScalarType working_type() { return precision() == Precision::bf16 ? at::kBFloat16 : at::kFloat; }

bool native_bf16() {
  static const bool has = PrecisionAtWork::processor_has_bf16();  // asking takes long on a virtual machine
  return has;
}

}  // namespace lx
