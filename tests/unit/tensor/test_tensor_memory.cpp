// Tensors' memory is counted, kept for the next tensor of its size, and given back when asked.
#include "catch.h"
#include "tensor/tensor_memory.h"

#include <ATen/ATen.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace lx;

namespace {

constexpr int64_t kBytes = 3 * 1024 * 1024 + 17;

at::Tensor bytes(int64_t count) { return at::empty({count}, at::kByte); }

}  // namespace

TEST_CASE("what tensors hold is counted to the byte, and its peak stays") {
  const TensorMemory before = tensor_memory();
  reset_tensor_memory_peak();
  {
    const at::Tensor large = bytes(kBytes), small = bytes(100);
    CHECK(tensor_memory().now == before.now + kBytes + 100);
  }
  CHECK(tensor_memory().now == before.now);
  CHECK(tensor_memory().peak == before.now + kBytes + 100);
  reset_tensor_memory_peak();
  CHECK(tensor_memory().peak == before.now);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a freed block is handed to the next tensor of its size, and released on demand") {
  release_tensor_memory();
  CHECK(tensor_memory().kept == 0);
  const void* first = bytes(kBytes).data_ptr();
  CHECK(tensor_memory().kept >= kBytes);
  CHECK(bytes(kBytes).data_ptr() == first);
  release_tensor_memory();
  CHECK(tensor_memory().kept == 0);
}

TEST_CASE("never much more is kept than tensors have held at once") {
  release_tensor_memory();
  const int64_t living = tensor_memory().now;
  int64_t most = 0;
  for (int64_t size = 100'000; size < 40'000'000; size += size / 3) {
    bytes(size);
    most = std::max(most, size);
    CHECK(tensor_memory().kept <= (living + most) * 3 / 2 + 100'000);
  }
  release_tensor_memory();
}
#endif

TEST_CASE("tensors of every size are aligned and apart") {
  std::vector<at::Tensor> all;
  for (const int64_t size : {1, 63, 64, 4000, 4031, 4032, 4033, 70'000, 2'097'088, 2'097'089, 2'097'152, 9'000'001}) {
    CAPTURE(size);
    all.push_back(bytes(size).fill_(static_cast<int64_t>(all.size())));
    CHECK(reinterpret_cast<uintptr_t>(all.back().data_ptr()) % 64 == 0);
  }
  for (size_t i = 0; i < all.size(); ++i) CHECK((all[i] == static_cast<int64_t>(i)).all().item<bool>());
}

TEST_CASE("poisoned buffers begin as NaN, kept ones too") {
  at::ones({5000}, at::kFloat);
  const PoisonTensorMemory poison;
  for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble})
    for (const int64_t size : {3, 5000}) CHECK(at::empty({size}, type).isnan().all().item<bool>());
}

TEST_CASE("memory may be freed by another thread than the one that asked") {
  const int64_t before = tensor_memory().now;
  std::atomic<bool> right = true;
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker)
    threads.emplace_back([worker, &right] {
      for (int round = 0; round < 200; ++round) {
        at::Tensor mine = bytes(5000 + 700 * (round % 7));
        mine.fill_(worker);
        std::thread([taken = std::move(mine), worker, &right] {
          if (!(taken == worker).all().item<bool>()) right = false;
        }).join();
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right);
  CHECK(tensor_memory().now == before);
}
