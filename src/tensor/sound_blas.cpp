// A handful of products against sums written out, in a child process.
#include "tensor/sound_blas.h"

#include "base/error.h"
#include "base/log.h"
#include "tensor/machine.h"

#include <ATen/ATen.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace lx {
namespace {

struct Product {
  int64_t rows, inner, columns;
  bool transposed;
};

// Small ones take other kernels than large ones; edges take others than full tiles.
constexpr Product kProducts[] = {{1, 64, 48, false},  {3, 5, 7, false},    {3, 5, 7, true},      {33, 17, 65, true},
                                 {64, 64, 64, false}, {64, 128, 64, true}, {129, 96, 70, false}, {40, 300, 130, true}};

bool product_is_right(const Product& shape, at::ScalarType type) {
  // Numbers without a pattern that fit float16, so that the only rounding is that of the sums.
  const auto filled = [](at::IntArrayRef size, double step) {
    return ((at::arange(size[0] * size[1], at::kDouble) * step).remainder(17) - 8).div(8).view(size);
  };
  const at::Tensor a = filled({shape.rows, shape.inner}, 5);
  const at::Tensor b =
      shape.transposed ? filled({shape.columns, shape.inner}, 7).t() : filled({shape.inner, shape.columns}, 7);
  const at::Tensor product = at::mm(a.to(type), b.to(type)).to(at::kDouble);
  const auto left = a.accessor<double, 2>(), right = b.accessor<double, 2>(), got = product.accessor<double, 2>();
  for (int64_t i = 0; i < shape.rows; ++i) {
    for (int64_t j = 0; j < shape.columns; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < shape.inner; ++k) sum += left[i][k] * right[k][j];
      if (!(std::abs(got[i][j] - sum) <= 1e-4 * (1 + std::abs(sum)))) return false;  // catches NaN as well
    }
  }
  return true;
}

}  // namespace

bool blas_is_sound() {
  const pid_t child = ::fork();
  require(child >= 0, "cannot start a process to check the BLAS: is the limit on processes reached?");
  if (child == 0) {
    // One thread: those of the parent do not exist here. The alarm ends a kernel that never does. No destructors.
    ::alarm(20);
    use_threads(1);
    bool right = true;
    for (const Product& shape : kProducts)
      for (const at::ScalarType type : {at::kFloat, at::kDouble}) right = right && product_is_right(shape, type);
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void ensure_sound_blas(char* const argv[]) {
  if (blas_is_sound()) return;
  const Machine machine = describe_machine();
  const char* chosen = std::getenv("OPENBLAS_CORETYPE");
  const bool mendable = !machine.blas_kernels.empty() && machine.blas_kernels != "Haswell" && !(chosen && *chosen);
  require(mendable,
          "{} multiplies matrices wrongly on this processor ({}, {} kernels): install another version, or set "
          "OPENBLAS_CORETYPE to kernels that work (Haswell, Nehalem, Prescott)",
          machine.blas, machine.cpu, machine.blas_kernels.empty() ? "its own" : machine.blas_kernels);
  log::warning("{} multiplies wrongly with its {} kernels on this processor; going on with OPENBLAS_CORETYPE=Haswell",
               machine.blas, machine.blas_kernels);
  ::setenv("OPENBLAS_CORETYPE", "Haswell", 1);
  ::execv("/proc/self/exe", argv);
  fail("cannot start again with other kernels: run with OPENBLAS_CORETYPE=Haswell");
}

}  // namespace lx
