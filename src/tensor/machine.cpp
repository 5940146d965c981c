// Asks the processor, the kernel and the loaded libraries. The BLAS is asked through dlsym: which one is loaded is
// decided by the system, so nothing here may need a particular one to link.
#include "tensor/machine.h"

#include "base/error.h"
#include "base/files.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <dlfcn.h>
#include <fstream>
#include <sched.h>
#include <set>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace lx {
namespace {

struct Ask {
  template <class Function>
  static Function* symbol(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
  }

  /// The rest of the first line of `file` that starts with `key`, less separators and quotes.
  static std::string line(const char* file, std::string_view key) {
    std::ifstream in(file);
    for (std::string text; std::getline(in, text);) {
      if (!text.starts_with(key)) continue;
      const size_t from = text.find_first_not_of(" \t:=\"", key.size());
      if (from == std::string::npos) return "";
      return text.substr(from, text.find_last_not_of(" \t\"") + 1 - from);
    }
    return "";
  }

  static std::string cpu() {
    std::string name = line("/proc/cpuinfo", "model name");
    for (const std::string_view mark : {"(R)", "(TM)", "(r)", "(tm)"})
      for (size_t at = 0; (at = name.find(mark)) != std::string::npos;) name.erase(at, mark.size());
    return name.empty() ? "unknown processor" : name;
  }

  static std::string simd() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
      return __builtin_cpu_supports("avx512bf16") ? "AVX-512 with bf16" : "AVX-512";
    if (__builtin_cpu_supports("avx2")) return "AVX2";
    if (__builtin_cpu_supports("sse4.2")) return "SSE4.2";
#elif defined(__aarch64__)
    return "NEON";
#endif
    return "none known";
  }

  static void blas(Machine& machine) {
    if (const auto config = symbol<char*()>("openblas_get_config")) {
      const std::string text = config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
      machine.blas = text.substr(0, text.find(' ', text.find(' ') + 1));
      if (const auto name = symbol<char*()>("openblas_get_corename")) machine.blas_kernels = name();
      if (const auto parallel = symbol<int()>("openblas_get_parallel")) {
        const int kind = parallel();
        machine.blas_threading = kind == 0 ? "serial" : kind == 1 ? "pthread" : "openmp";
      }
    } else if (at::hasMKL()) {
      machine.blas = "MKL";
    } else {
      Dl_info where{};
      void* product = ::dlsym(RTLD_DEFAULT, "sgemm_");
      const bool found = product && ::dladdr(product, &where) && where.dli_fname;
      std::error_code error;
      const fs::path file = found ? fs::canonical(where.dli_fname, error) : fs::path();
      // Debian keeps the reference BLAS in a folder of its own, which the alternatives system links to.
      machine.reference_blas = file.parent_path().filename() == "blas";
      machine.blas = machine.reference_blas ? "reference BLAS" : file.empty() ? "unknown BLAS" : file.string();
    }
  }

  /// Whole processors the cgroup (a container's --cpus, a batch system) grants, or a large number.
  static int granted() {
    double quota = 0, period = 0;
    std::ifstream unified("/sys/fs/cgroup/cpu.max");
    if (!(unified >> quota >> period)) {
      std::ifstream old_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
          old_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
      if (!(old_quota >> quota && old_period >> period)) return 1 << 20;
    }
    return quota > 0 && period > 0 ? std::max(1, static_cast<int>(std::lround(quota / period))) : 1 << 20;
  }
};

}  // namespace

int physical_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::string> cores;  // two hardware threads of one core name the same siblings
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream in(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    std::string siblings;
    std::getline(in, siblings);
    cores.insert(siblings.empty() ? std::to_string(cpu) : siblings);
  }
  return std::max(1, std::min(static_cast<int>(cores.size()), Ask::granted()));
}

void use_threads(int64_t threads) {
  const int count = threads > 0 ? static_cast<int>(threads) : physical_cores();
  at::set_num_threads(count);
  // Nothing here runs operations side by side: LibTorch would keep a thread for each core ready for that.
  [[maybe_unused]] static const bool once = [] {
    at::set_num_interop_threads(1);
    return true;
  }();
  // The pthread OpenBLAS does not know OpenMP's number and would take all processors.
  if (const auto set = Ask::symbol<void(int)>("openblas_set_num_threads")) set(count);
}

void use_one_thread_here() {
  at::get_num_threads();  // LibTorch gives a thread the common number when it is first asked: not after this
  if (const auto set = Ask::symbol<void(int)>("omp_set_num_threads")) set(1);
}

bool has_cuda() { return at::hasCUDA(); }

Machine describe_machine() {
  Machine machine;
  machine.cpu = Ask::cpu();
  machine.simd = Ask::simd();
  Ask::blas(machine);
  machine.cores = physical_cores();
  machine.threads = at::get_num_threads();
  machine.libtorch = TORCH_VERSION;
  machine.device = has_cuda() ? "cpu, cuda" : "cpu";
  machine.memory = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  machine.os = Ask::line("/etc/os-release", "PRETTY_NAME");
  return machine;
}

std::string one_line(const Machine& machine) {
  std::string blas = machine.blas;
  if (!machine.blas_kernels.empty())
    blas += fmt::format(" ({}, {} kernels)", machine.blas_threading, machine.blas_kernels);
  return fmt::format("{} · {} thread{} · {} · {} · LibTorch {}", machine.cpu, machine.threads,
                     machine.threads == 1 ? "" : "s", blas, machine.simd, machine.libtorch);
}

std::string advice(const Machine& machine) {
  if (!machine.reference_blas) return "";
  return "matrix products run on the reference BLAS, tens of times slower than need be; install a fast one: "
         "apt-get install --no-install-recommends libopenblas0-openmp";
}

}  // namespace lx
