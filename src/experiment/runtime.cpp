// Threads for both; on a GPU, the kernels that give the same numbers each time.
#include "experiment/runtime.h"

#include "base/error.h"
#include "tensor/machine.h"

#include <ATen/Context.h>

namespace lx {

void apply(const RuntimeConfig& runtime) {
  use_threads(runtime.threads);
  set_executor(runtime.attend);
  if (runtime.device == Device::cpu) return;
  require(
      has_cuda(),
      "runtime.device=cuda: this LibTorch ({}) has no CUDA or finds no GPU; use runtime.device=cpu, or configure the "
      "build with -DCMAKE_PREFIX_PATH=FOLDER of a LibTorch that has it",
      describe_machine().libtorch);
  at::globalContext().setAllowTF32CuBLAS(false);  // fp32 means fp32: TF32 keeps ten bits
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

}  // namespace lx
