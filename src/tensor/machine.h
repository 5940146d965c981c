// What computes here: processor, BLAS, threads, LibTorch. Printed when a run starts and kept in its record, because
// numbers and speed depend on it.
#pragma once

#include <cstdint>
#include <string>

namespace lx {

struct Machine {
  std::string cpu;   // "Intel Xeon Processor"
  std::string simd;  // what this processor offers: "AVX-512 with bf16", "AVX-512", "AVX2", "SSE4.2", "none known"
  std::string blas;  // "OpenBLAS 0.3.21", "MKL", "reference BLAS", or the file it comes from
  std::string blas_threading;  // of OpenBLAS: "openmp", "pthread", "serial"; empty when not known
  std::string blas_kernels;    // of OpenBLAS: "Haswell", "Zen" ...; empty when not known
  bool reference_blas = false;
  int cores = 1;         // physical ones this process may run on
  int threads = 1;       // LibTorch uses now
  std::string libtorch;  // "1.13.0"
  std::string device;    // what this LibTorch can compute on: "cpu" or "cpu, cuda"
  uint64_t memory = 0;   // bytes
  std::string os;        // "Debian GNU/Linux 12 (bookworm)"
};

Machine describe_machine();
/// "Intel Xeon Processor · 2 threads · OpenBLAS 0.3.21 (openmp, Haswell kernels) · AVX-512 with bf16 · LibTorch 1.13.0"
std::string one_line(const Machine& machine);
/// A sentence on how to make this machine many times faster; empty when nothing is wrong.
std::string advice(const Machine& machine);

/// Physical cores among the processors this process may run on, and no more than its cgroup grants. At least 1.
int physical_cores();
/// Threads for LibTorch and the BLAS alike; 0: physical_cores().
void use_threads(int64_t threads);
/// The calling thread computes by itself from now on: for a helper beside those that use_threads() set up.
void use_one_thread_here();
bool has_cuda();

}  // namespace lx
