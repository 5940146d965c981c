// The `runtime` section: where and with how many threads a run computes.
#pragma once

#include "attention/attend.h"
#include "config/fields.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

namespace lx {

enum class Device { cpu, cuda };

struct RuntimeConfig {
  Device device = Device::cpu;
  int64_t threads = 0;
  Executor attend = Executor::best;
  static constexpr auto fields() {
    return std::tuple{
        config::field("device", &RuntimeConfig::device, "what computes: cpu or cuda"),
        config::field("threads", &RuntimeConfig::threads, "CPU threads; 0: all physical cores this process may use",
                      config::between(0, 1024)),
        config::field("attend", &RuntimeConfig::attend,
                      "what runs attention: best (fused where it can, else plain), reference (plain), fused (refuses "
                      "what it cannot run), checked (both, and stops where they differ)")};
  }
};

/// Sets LibTorch up for the whole process. Throws Error when the device is not to be had.
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
}  // namespace config

}  // namespace lx
