// The `runtime` section: where, with how many threads and in which precision a run computes.
#pragma once

#include "attention/attend.h"
#include "config/fields.h"
#include "ops/precision.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace lx {

enum class Device { cpu, cuda };
enum class PrecisionChoice { automatic, fp32, bf16 };

struct RuntimeConfig {
  Device device = Device::cpu;
  int64_t threads = 0;
  Executor attend = Executor::best;
  PrecisionChoice precision = PrecisionChoice::automatic;
  static constexpr auto fields() {
    return std::tuple{
        config::field("device", &RuntimeConfig::device, "what computes: cpu or cuda"),
        config::field("threads", &RuntimeConfig::threads, "CPU threads; 0: all physical cores this process may use",
                      config::between(0, 1024)),
        config::field("precision", &RuntimeConfig::precision,
                      "fp32, or bf16: products of bfloat16 factors, all else float32, twice as fast where the "
                      "processor has them (AVX512_BF16), fp32 elsewhere; auto: bf16 where the processor has it"),
        config::field("attend", &RuntimeConfig::attend,
                      "what runs attention: best (fused where it can, else plain), reference (plain), fused (refuses "
                      "what it cannot run), checked (both, and stops where they differ)")};
  }
};

/// The precision that comes of a choice, given whether the processor multiplies bfloat16 by itself (native_bf16). What
/// was asked for and is not to be had is named in `remark`, one sentence. Throws Error for bf16 on a GPU.
Precision resolve_precision(const RuntimeConfig& runtime, bool native, std::string& remark);

/// Sets LibTorch and our own products up for the whole process; says once where bf16 had to become fp32. Throws Error
/// when the device is not to be had.
void apply(const RuntimeConfig& runtime);

namespace config {
template <>
struct EnumNames<Device> {
  static constexpr std::array<std::pair<std::string_view, Device>, 2> names{
      {{"cpu", Device::cpu}, {"cuda", Device::cuda}}};
};
template <>
struct EnumNames<Executor> {
  static constexpr std::array<std::pair<std::string_view, Executor>, 4> names{{{"best", Executor::best},
                                                                               {"reference", Executor::reference},
                                                                               {"fused", Executor::fused},
                                                                               {"checked", Executor::checked}}};
};
template <>
struct EnumNames<PrecisionChoice> {
  static constexpr std::array<std::pair<std::string_view, PrecisionChoice>, 3> names{
      {{"auto", PrecisionChoice::automatic}, {"fp32", PrecisionChoice::fp32}, {"bf16", PrecisionChoice::bf16}}};
};
}  // namespace config

}  // namespace lx
