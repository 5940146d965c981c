// The most memory that CPU tensors held at once while a test looked, to the byte.
#pragma once

#include <c10/core/CPUAllocator.h>
#include <torch/version.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace lx {

/// Counts, while it lives, what tensors are given and give back; in LibTorch's own allocator's place.
class PeakMemory {
 public:
  PeakMemory() : before_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(&counter(), 255); }
  ~PeakMemory() { c10::SetCPUAllocator(before_, 255); }
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;

  /// The most bytes at once of tensors made by `action`.
  template <class Action>
  static int64_t of(Action action) {
    const PeakMemory counted;
    const int64_t held = now();
    peak() = held;
    action();
    return peak() - held;
  }

 private:
  struct alignas(64) Header {
    int64_t bytes;
  };

  static std::atomic<int64_t>& now() {
    static std::atomic<int64_t> bytes = 0;
    return bytes;
  }
  static std::atomic<int64_t>& peak() {
    static std::atomic<int64_t> bytes = 0;
    return bytes;
  }

  static void give_back(void* data) {
    if (!data) return;
    Header* const header = static_cast<Header*>(data) - 1;
    now() -= header->bytes;
    std::free(header);
  }

  static c10::DataPtr take(size_t bytes) {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, cpu};
    void* const block = std::aligned_alloc(alignof(Header), sizeof(Header) + (bytes + 63) / 64 * 64);
    if (!block) throw std::bad_alloc();
    static_cast<Header*>(block)->bytes = static_cast<int64_t>(bytes);
    const int64_t held = now() += static_cast<int64_t>(bytes);
    peak() = std::max(peak().load(), held);  // tests look at one thread's tensors
    void* const data = static_cast<Header*>(block) + 1;
    return {data, data, &give_back, cpu};
  }

  struct Counter final : c10::Allocator {
    c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
#if TORCH_VERSION_MAJOR >= 2
    c10::DataPtr allocate(size_t bytes) override { return take(bytes); }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
#else
    c10::DataPtr allocate(size_t bytes) const override { return take(bytes); }
#endif
  };
  static Counter& counter() {
    static Counter& one = *new Counter;
    return one;
  }

  c10::Allocator* before_;
};

}  // namespace lx
