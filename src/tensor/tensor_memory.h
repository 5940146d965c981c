// The memory of CPU tensors: how much they hold, and where it comes from. A training step asks for the same buffers as
// the step before; large ones that go back to the kernel in between come again as pages to be zeroed, one fault each.
// So freed blocks are kept and handed out again. Holds for every program that is linked with this folder.
#pragma once

#include <cstdint>

namespace lx {

/// Bytes. Safe to ask from any thread.
struct TensorMemory {
  int64_t now = 0;   // held by living CPU tensors, as they asked for it
  int64_t peak = 0;  // the most at once since the start, or since reset_tensor_memory_peak()
  int64_t kept = 0;  // freed, kept to be handed out again: with `now` never much more than the most ever held
};
TensorMemory tensor_memory();
void reset_tensor_memory_peak();

/// Gives all kept blocks back to the system: between pieces of work whose buffers differ in size.
void release_tensor_memory();

/// While it lives, buffers that tensors are given begin as NaN (as -1 in whole numbers): for tests of code that must
/// write all it later reads.
class PoisonTensorMemory {
 public:
  PoisonTensorMemory();
  ~PoisonTensorMemory();
  PoisonTensorMemory(const PoisonTensorMemory&) = delete;
  PoisonTensorMemory& operator=(const PoisonTensorMemory&) = delete;

 private:
  bool before_;
};

}  // namespace lx
