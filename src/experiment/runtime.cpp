// Threads and precision for the CPU; on a GPU, the kernels that give the same numbers each time.
#include "experiment/runtime.h"

#include "base/error.h"
#include "base/log.h"
#include "tensor/machine.h"

#include <ATen/Context.h>

namespace lx {

Precision resolve_precision(const RuntimeConfig& runtime, bool native, std::string& remark) {
  if (runtime.device == Device::cuda) {
    require(
        runtime.precision != PrecisionChoice::bf16,
        "runtime.precision=bf16 is made for the CPU: with runtime.device=cuda use fp32 or auto, which is fp32 there");
    return Precision::fp32;
  }
  if (runtime.precision == PrecisionChoice::fp32) return Precision::fp32;
  if (native) return Precision::bf16;
  if (runtime.precision == PrecisionChoice::bf16)
    remark = "runtime.precision=bf16: this processor does not multiply bfloat16 (AVX512_BF16), so this runs in fp32";
  return Precision::fp32;
}

void apply(const RuntimeConfig& runtime) {
  use_threads(runtime.threads);
  set_executor(runtime.attend);
  std::string remark;
  set_precision(resolve_precision(runtime, native_bf16(), remark));
  static bool said = false;
  if (!remark.empty() && !said) log::warning("{}", remark);
  said = said || !remark.empty();
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
