// Which precision comes of runtime.precision, on which processor.
#include "base/error.h"
#include "catch.h"
#include "experiment/runtime.h"

using namespace lx;

TEST_CASE("auto is bf16 where the processor has it, and what is asked for in vain is said") {
  const auto resolved = [](PrecisionChoice choice, bool native, Device device = Device::cpu) {
    std::string remark;
    RuntimeConfig runtime;
    runtime.device = device;
    runtime.precision = choice;
    const Precision precision = resolve_precision(runtime, native, remark);
    return std::string(precision_name(precision)) + (remark.empty() ? "" : ": " + remark);
  };
  CHECK(resolved(PrecisionChoice::automatic, true) == "bf16");
  CHECK(resolved(PrecisionChoice::automatic, false) == "fp32");
  CHECK(resolved(PrecisionChoice::fp32, true) == "fp32");
  CHECK(resolved(PrecisionChoice::bf16, true) == "bf16");
  CHECK_THAT(resolved(PrecisionChoice::bf16, false),
             Catch::Contains("fp32: runtime.precision=bf16") && Catch::Contains("so this runs in fp32"));
  CHECK(resolved(PrecisionChoice::automatic, true, Device::cuda) == "fp32");
  CHECK_THROWS_AS(resolved(PrecisionChoice::bf16, true, Device::cuda), Error);
}
