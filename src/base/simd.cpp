#include "base/simd.h"

#include <cstdlib>
#include <string_view>

namespace lx {
namespace {

struct SimdLevel {
  static bool wide_processor() {
#if defined(__x86_64__) && defined(LX_SIMD_WIDE)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512cd");
#else
    return false;
#endif
  }

  static Simd find() {
    const char* wanted = std::getenv("LX_SIMD");
    const bool less = wanted && std::string_view(wanted) == "plain";
    return wide_processor() && !less ? Simd::avx512 : Simd::plain;
  }
};

}  // namespace

Simd simd_level() {
  static const Simd level = SimdLevel::find();
  return level;
}

std::string simd_name() {
  if (simd_level() == Simd::avx512) return "AVX-512";
#ifdef __AVX2__
  return "AVX2";
#else
  return "portable";
#endif
}

}  // namespace lx
