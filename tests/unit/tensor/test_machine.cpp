// What the machine says of itself, and that its BLAS can be trusted.
#include "catch.h"
#include "tensor/machine.h"
#include "tensor/sound_blas.h"

#include <ATen/Parallel.h>

using namespace lx;

TEST_CASE("a machine knows its parts and says them on one line") {
  const Machine machine = describe_machine();
  CHECK_FALSE(machine.cpu.empty());
  CHECK_FALSE(machine.blas.empty());
  CHECK_FALSE(machine.os.empty());
  CHECK(machine.cores >= 1);
  CHECK(machine.memory > (uint64_t{1} << 28));
  const std::string line = one_line(machine);
  CHECK(line.find(machine.blas) != std::string::npos);
  CHECK(line.find("LibTorch " + machine.libtorch) != std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("advice is given for the reference BLAS alone, with the line that mends it") {
  Machine machine;
  CHECK(advice(machine).empty());
  machine.reference_blas = true;
  CHECK(advice(machine).find("apt-get install") != std::string::npos);
}

TEST_CASE("zero threads means all physical cores") {
  const int before = at::get_num_threads();
  use_threads(1);
  CHECK(at::get_num_threads() == 1);
  use_threads(0);
  CHECK(at::get_num_threads() == physical_cores());
  use_threads(before);
}

TEST_CASE("the BLAS multiplies as sums written out do") {
  CHECK(blas_is_sound());
  CHECK(blas_is_sound());  // a second check, after threads have been used
}
