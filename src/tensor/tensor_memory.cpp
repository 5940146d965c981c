// A caching allocator in LibTorch's place for CPU tensors. Blocks come in classes, eight to each power of two; a class
// keeps what was freed and gives back the last first. Each block begins with a header, so that freeing needs no lookup.
#include "tensor/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace lx {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeepsBlocks = false;  // so that the sanitizer sees reads of what was freed
#else
constexpr bool kKeepsBlocks = true;
#endif

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kSmall = size_t{4} << 10;  // below, malloc keeps blocks well enough by itself
constexpr size_t kSteps = 8;                // classes in each power of two

/// Before the tensor's bytes; its size keeps them aligned as LibTorch wants them.
struct alignas(64) BlockHeader {
  size_t asked;  // bytes of the tensor
  size_t size;   // bytes of the block, this header included
};

struct BlockClass {
  static size_t index(size_t bytes) {
    const size_t power = static_cast<size_t>(std::bit_width(bytes - 1)) - 1;  // 2^power < bytes <= 2^(power+1)
    const size_t step = (size_t{1} << power) / kSteps;
    return power * kSteps + (bytes - (size_t{1} << power) + step - 1) / step - 1;
  }
  static size_t size(size_t index) {
    const size_t base = size_t{1} << (index / kSteps);
    return base + base / kSteps * (index % kSteps + 1);
  }
  static constexpr size_t kCount = 48 * kSteps;  // up to 2^48 bytes
};

struct SystemBlocks {
  /// Null when there is no memory. Fresh pages of large blocks come 2 MiB at a time where the kernel grants it.
  static void* take(size_t bytes) {
    if (bytes < kHugePage) return std::aligned_alloc(alignof(BlockHeader), (bytes + 63) / 64 * 64);
    const size_t whole = bytes + kHugePage;
    void* mapped = ::mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* const begin = static_cast<char*>(mapped);
    const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
    if (before > 0) ::munmap(begin, before);
    ::munmap(begin + before + pages(bytes), whole - before - pages(bytes));
    ::madvise(begin + before, pages(bytes), MADV_HUGEPAGE);  // a wish: nothing is lost when it fails
    return begin + before;
  }
  static void give_back(void* block, size_t bytes) {
    if (bytes < kHugePage)
      std::free(block);
    else
      ::munmap(block, pages(bytes));
  }
  static size_t pages(size_t bytes) { return (bytes + 4095) / 4096 * 4096; }
};

class BlockCache {
 public:
  /// Never destroyed: tensors of static lifetime are freed after everything else.
  static BlockCache& one() {
    static BlockCache& cache = *new BlockCache;
    return cache;
  }

  void* take(size_t asked) {
    count(static_cast<int64_t>(asked));
    const size_t wanted = asked + sizeof(BlockHeader);
    BlockHeader* block = nullptr;
    if (!kKeepsBlocks || wanted < kSmall) {
      block = fresh(wanted);
    } else {
      const std::lock_guard lock(mutex_);
      block = kept_or_fresh(wanted);
    }
    if (!block) {
      count(-static_cast<int64_t>(asked));
      throw std::bad_alloc();
    }
    block->asked = asked;
    void* const data = block + 1;
    if (poison.load(std::memory_order_relaxed)) std::memset(data, 0xFF, asked);
    return data;
  }

  void give_back(void* data) {
    if (!data) return;
    BlockHeader* const block = static_cast<BlockHeader*>(data) - 1;
    count(-static_cast<int64_t>(block->asked));
    if (!kKeepsBlocks || block->size < kSmall) return SystemBlocks::give_back(block, block->size);
    const std::lock_guard lock(mutex_);
    living_ -= block->size;
    kept_bytes_ += block->size;
    kept_[BlockClass::index(block->size)].push_back(block);
  }

  void release() {
    const std::lock_guard lock(mutex_);
    release_beyond(0);
    most_living_ = living_;
  }

  TensorMemory report() {
    const std::lock_guard lock(mutex_);
    return {now_.load(), peak_.load(), static_cast<int64_t>(kept_bytes_)};
  }
  void reset_peak() { peak_.store(now_.load()); }

  std::atomic<bool> poison = false;

 private:
  void count(int64_t bytes) {
    const int64_t now = now_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    for (int64_t peak = peak_.load(std::memory_order_relaxed);
         now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed);) {
    }
  }

  static BlockHeader* fresh(size_t bytes) {
    void* const block = SystemBlocks::take(bytes);
    return block ? new (block) BlockHeader{0, bytes} : nullptr;
  }

  BlockHeader* kept_or_fresh(size_t wanted) {
    const size_t index = BlockClass::index(wanted), size = BlockClass::size(index);
    BlockHeader* block = nullptr;
    // A block of the next classes serves as well; beyond, too much of it would lie idle.
    for (size_t at = index; at < std::min(index + kSteps / 2, BlockClass::kCount) && !block; ++at) block = pop(at);
    if (!block) {
      const size_t bound = std::max(most_living_, living_ + size);
      release_beyond(bound + bound / 4 - std::min(bound, living_ + size));
      block = fresh(size);
      if (!block) {
        release_beyond(0);
        block = fresh(size);
      }
    }
    if (block) living_ += block->size;
    most_living_ = std::max(most_living_, living_);
    return block;
  }

  BlockHeader* pop(size_t index) {
    if (kept_[index].empty()) return nullptr;
    BlockHeader* const block = kept_[index].back();
    kept_[index].pop_back();
    kept_bytes_ -= block->size;
    return block;
  }

  /// Gives blocks back, largest first, until at most `bytes` are kept.
  void release_beyond(size_t bytes) {
    for (size_t index = BlockClass::kCount; index-- > 0 && kept_bytes_ > bytes;)
      while (kept_bytes_ > bytes)
        if (BlockHeader* const block = pop(index))
          SystemBlocks::give_back(block, block->size);
        else
          break;
  }

  std::mutex mutex_;
  std::array<std::vector<BlockHeader*>, BlockClass::kCount> kept_;
  size_t kept_bytes_ = 0, living_ = 0, most_living_ = 0;  // of blocks that are worth keeping
  std::atomic<int64_t> now_ = 0, peak_ = 0;
};

/// LibTorch's interface; that of version 2 has another allocate() and one more function.
struct CachingAllocator final : c10::Allocator {
  static void free(void* data) { BlockCache::one().give_back(data); }
  static c10::DataPtr block(size_t bytes) {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, cpu};
    void* const data = BlockCache::one().take(bytes);
    return {data, data, &free, cpu};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free; }
#if TORCH_VERSION_MAJOR >= 2
  c10::DataPtr allocate(size_t bytes) override { return block(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
#else
  c10::DataPtr allocate(size_t bytes) const override { return block(bytes); }
#endif
};

[[maybe_unused]] const bool installed = [] {
  static CachingAllocator& allocator = *new CachingAllocator;
  c10::SetCPUAllocator(&allocator, /*priority=*/1);
  // Libraries take their scratch memory from malloc, as much in every step: it should not go back in between either.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 128 << 20);
  return true;
}();

}  // namespace

TensorMemory tensor_memory() { return BlockCache::one().report(); }
void reset_tensor_memory_peak() { BlockCache::one().reset_peak(); }
void release_tensor_memory() {
  BlockCache::one().release();
  ::malloc_trim(0);
}

PoisonTensorMemory::PoisonTensorMemory() : before_(BlockCache::one().poison.exchange(true)) {}
PoisonTensorMemory::~PoisonTensorMemory() { BlockCache::one().poison.store(before_); }

}  // namespace lx
